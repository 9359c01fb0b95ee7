package dev.synod.conformance.cache;

/** A test: it throws when something does not hold. */
@FunctionalInterface
public interface Test {
    void run(Bed bed) throws Exception;
}
