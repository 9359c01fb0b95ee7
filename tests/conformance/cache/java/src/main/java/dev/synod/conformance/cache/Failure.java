package dev.synod.conformance.cache;

/** What a check says when it does not hold. */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Failure(String why) {
        super(why);
    }
}
