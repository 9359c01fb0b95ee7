package dev.synod.conformance.cache;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The program: runs tests by name. README.md of the folder above says what it reads and prints. */
public final class Client {
    private Client() {}

    public static void main(String[] words) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        System.exit(run(words) ? 0 : 1);
    }

    private static boolean run(String[] words) throws Exception {
        Map<String, Test> tests = tests();
        if (words.length == 1 && words[0].equals("list")) {
            tests.keySet().forEach(System.out::println);
            return true;
        }
        if (words.length < 2) {
            System.err.println("usage: client list | (serve|all|NAME) HOST:PORT [KEY=VALUE...]");
            return false;
        }
        var input = new BufferedReader(new InputStreamReader(System.in));
        var bed = new Bed(words[1], settings(Arrays.asList(words).subList(2, words.length)), input);
        boolean good = true;
        switch (words[0]) {
            case "all":
                for (String name : tests.keySet()) {
                    good &= one(tests, name, bed);
                }
                return good;
            case "serve":
                return serve(tests, bed, input);
            default:
                return one(tests, words[0], bed);
        }
    }

    private static Map<String, Test> tests() {
        Map<String, Test> tests = new LinkedHashMap<>();
        JedisTests.addTo(tests);
        LettuceTests.addTo(tests);
        RedissonTests.addTo(tests);
        MemcachedTests.addTo(tests);
        return tests;
    }

    private static Map<String, String> settings(List<String> words) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String word : words) {
            String[] parts = word.split("=", 2);
            settings.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        return settings;
    }

    private static boolean serve(Map<String, Test> tests, Bed bed, BufferedReader input) throws IOException {
        boolean good = true;
        for (String name = input.readLine(); name != null; name = input.readLine()) {
            good &= one(tests, name, bed);
        }
        return good;
    }

    private static boolean one(Map<String, Test> tests, String name, Bed bed) {
        Test test = tests.get(name);
        try {
            if (test == null) {
                throw new Failure("there is no such test");
            }
            JedisTests.empty(bed);
            test.run(bed);
            System.out.println("ok " + name);
            return true;
        } catch (Throwable thrown) {
            thrown.printStackTrace();
            String why = thrown instanceof Failure ? thrown.getMessage() : thrown.toString();
            System.out.println("FAILED " + name + ": " + why.replace('\n', ' ') + place(thrown));
            return false;
        } finally {
            bed.end();
        }
    }

    /** The line of a test that threw. */
    private static String place(Throwable thrown) {
        for (StackTraceElement element : thrown.getStackTrace()) {
            String type = element.getClassName();
            boolean checks = type.equals(Check.class.getName()) || type.equals(Bed.class.getName());
            if (type.startsWith("dev.synod") && !checks) {
                return " (" + element.getFileName() + ":" + element.getLineNumber() + ")";
            }
        }
        return "";
    }
}
