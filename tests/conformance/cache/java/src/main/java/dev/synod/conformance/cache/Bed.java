package dev.synod.conformance.cache;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** What a test is run against: a server without keys, and somebody who kills it. */
public final class Bed {
    private final String address;
    private final Map<String, String> settings;
    private final BufferedReader answers;
    private final Deque<AutoCloseable> ends = new ArrayDeque<>();

    Bed(String address, Map<String, String> settings, BufferedReader answers) {
        this.address = address;
        this.settings = settings;
        this.answers = answers;
    }

    /** Something that ends with the test. */
    public <T extends AutoCloseable> T ending(T end) {
        ends.push(end);
        return end;
    }

    void end() {
        while (!ends.isEmpty()) {
            try {
                ends.pop().close();
            } catch (Exception exception) {
                exception.printStackTrace();
            }
        }
    }

    public String address() {
        return address;
    }

    public String host() {
        return address.split(":")[0];
    }

    public int port() {
        return Integer.parseInt(address.split(":")[1]);
    }

    /** A setting that was given to the program. */
    public String setting(String name) {
        String value = settings.get(name);
        if (value == null) {
            throw new Failure("the program was not given " + name + "=");
        }
        return value;
    }

    /** {@code kill -9} of the server. */
    public void kill() throws IOException {
        ask("harm kill " + address);
    }

    /** Starts the killed server and waits until it serves. */
    public void start() throws IOException {
        ask("harm start " + address);
    }

    private void ask(String harm) throws IOException {
        System.out.println(harm);
        String answer = answers.readLine();
        if (!"done".equals(answer)) {
            throw new Failure("`" + harm + "` was answered with `" + answer + "`");
        }
    }
}
