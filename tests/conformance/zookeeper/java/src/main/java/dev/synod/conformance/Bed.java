package dev.synod.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What a test is run against: members, settings, a part of the tree of its own, and somebody who kills members. */
public final class Bed {
    /** Long enough for members to be killed and to return, short enough to wait for. */
    public static final int SESSION_MS = 10_000;

    private final List<String> members;
    private final Map<String, String> settings;
    private final BufferedReader answers;
    private String test = "";

    Bed(String connect, Map<String, String> settings, BufferedReader answers) {
        this.members = List.of(connect.split(","));
        this.settings = settings;
        this.answers = answers;
    }

    void begin(String name) {
        test = name;
    }

    /** {@code host:port} of each member. */
    public List<String> members() {
        return members;
    }

    /** All members, as clients take them. */
    public String connect() {
        return String.join(",", members);
    }

    /** A setting that was given to the program. */
    public String setting(String name) {
        String value = settings.get(name);
        if (value == null) {
            throw new Failure("the program was not given " + name + "=");
        }
        return value;
    }

    /** A path of the test's own; nothing is there yet, nor its parent. */
    public String path() {
        return "/" + test.replace('/', '-') + "-" + ProcessHandle.current().pid();
    }

    /** Another member than this one. */
    public String otherThan(String member) {
        return members.stream().filter(other -> !other.equals(member)).findFirst().orElseThrow();
    }

    /** {@code kill -9} of the member that serves clients at this address. */
    public void kill(String member) throws IOException {
        ask("harm kill " + member);
    }

    /** Starts a killed member and waits until it serves. */
    public void start(String member) throws IOException {
        ask("harm start " + member);
    }

    private void ask(String harm) throws IOException {
        System.out.println(harm);
        String answer = answers.readLine();
        if (!"done".equals(answer)) {
            throw new Failure("`" + harm + "` was answered with `" + answer + "`");
        }
    }
}
