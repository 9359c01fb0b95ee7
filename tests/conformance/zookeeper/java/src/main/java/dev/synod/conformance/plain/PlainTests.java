package dev.synod.conformance.plain;

import dev.synod.conformance.Test;
import java.util.Map;

/** The tests of the Java client, by name. */
public final class PlainTests {
    private PlainTests() {}

    public static void addTo(Map<String, Test> tests) {
        tests.put("java/create-modes", Creation::modes);
        tests.put("java/sequence-numbers", Creation::sequenceNumbers);
        tests.put("java/container", Creation::container);
        tests.put("java/ttl", Creation::ttl);
        tests.put("java/create-refused", Creation::refused);
        tests.put("java/stat", Nodes::stat);
        tests.put("java/versions", Nodes::versions);
        tests.put("java/delete-refused", Nodes::deleteRefused);
        tests.put("java/data", Nodes::data);
        tests.put("java/children", Nodes::children);
        tests.put("java/large-children", Nodes::largeChildren);
        tests.put("java/asynchronous", Nodes::asynchronous);
        tests.put("java/acl-world", Acls::world);
        tests.put("java/acl-auth", Acls::auth);
        tests.put("java/acl-digest", Acls::digest);
        tests.put("java/acl-ip", Acls::ip);
        tests.put("java/acl-super", Acls::superuser);
        tests.put("java/acl-refused", Acls::refused);
        tests.put("java/multi", Transactions::multi);
        tests.put("java/multi-rolled-back", Transactions::rolledBack);
        tests.put("java/multi-read", Transactions::multiRead);
        tests.put("java/transaction", Transactions::transaction);
        tests.put("java/watch-data", Watches::data);
        tests.put("java/watch-exists", Watches::exists);
        tests.put("java/watch-children", Watches::children);
        tests.put("java/watch-order", Watches::order);
        tests.put("java/watch-of-others", Watches::ofOthers);
        tests.put("java/add-watch-persistent", PersistentWatches::persistent);
        tests.put("java/add-watch-recursive", PersistentWatches::recursive);
        tests.put("java/remove-watches", PersistentWatches::remove);
        tests.put("java/remove-all-watches", PersistentWatches::removeAll);
        tests.put("java/who-am-i", Surface::whoAmI);
        tests.put("java/chroot", Surface::chroot);
        tests.put("java/get-ephemerals", Surface::ephemerals);
        tests.put("java/all-children-number", Surface::allChildrenNumber);
        tests.put("java/sync", Surface::sync);
        tests.put("java/config", Surface::config);
        tests.put("java/system-nodes", Surface::systemNodes);
        tests.put("java/quota", Surface::quota);
        tests.put("java/four-letter-words", Surface::fourLetterWords);
        tests.put("java/session-timeout", Sessions::timeout);
        tests.put("java/session-close", Sessions::close);
        tests.put("java/session-shared", Sessions::shared);
        tests.put("java/session-wrong-password", Sessions::wrongPassword);
        tests.put("java/session-moved", Sessions::moved);
        tests.put("java/sasl-digest-md5", Security::sasl);
        tests.put("java/sasl-refused", Security::saslRefused);
        tests.put("java/tls", Security::tls);
        tests.put("java/tls-x509", Security::x509);
        tests.put("java/reattach", Reconnection::reattach);
        tests.put("java/watches-missed", Reconnection::missed);
        tests.put("java/watches-many", Reconnection::many);
        tests.put("java/session-expires", Reconnection::expires);
        tests.put("java/read-only", Reconnection::readOnly);
    }
}
