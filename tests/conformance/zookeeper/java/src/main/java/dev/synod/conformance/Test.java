package dev.synod.conformance;

/** One test; it has failed if it throws. */
@FunctionalInterface
public interface Test {
    void run(Bed bed) throws Exception;
}
