//! What nobody is shown of commands, wherever commands are shown: passwords, and rules with passwords.

/// What is shown in its place.
pub(crate) const REDACTED: &[u8] = b"(redacted)";

/// Settings that are passwords.
const PASSWORDS: [&str; 4] = [
    "masterauth",
    "requirepass",
    "tls-client-key-file-pass",
    "tls-key-file-pass",
];

/// Whether an argument is a password, or the name that goes with it.
pub(crate) fn is_secret(args: &[&[u8]], index: usize) -> bool {
    let is = |at: usize, word: &str| {
        let found = args.get(at);
        found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    if is(0, "auth") {
        return index > 0;
    }
    if is(0, "acl") {
        let names = ["deluser", "getuser", "setuser"];
        return index > 1 && names.iter().any(|name| is(1, name));
    }
    if is(0, "config") {
        let is_value = index > 2 && index % 2 == 1;
        return is_value && is(1, "set") && PASSWORDS.iter().any(|name| is(index - 1, name));
    }
    let follows = |distance: usize| index > distance + 1 && is(index - distance, "auth");
    is(0, "hello") && (follows(1) || follows(2))
}
