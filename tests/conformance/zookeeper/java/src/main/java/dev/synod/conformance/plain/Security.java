package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Handle;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Id;

/** Clients that prove who they are. */
final class Security {
    private Security() {}

    /** A login by name and password, and what is only for that name. */
    static void sasl(Bed bed) throws Exception {
        String path = bed.path();
        String user = bed.setting("sasl_user");
        try (Handle zk = Handle.open(bed.connect(), Bed.SESSION_MS, login(user, bed.setting("sasl_password")));
            Handle other = Handle.open(bed)) {
            zk.state(KeeperState.SaslAuthenticated);
            Check.that("the server knows the name", zk.whoAmI().stream().anyMatch(info -> is(info, "sasl", user)));
            zk.create(path, Handle.bytes("x"), Collections.singletonList(new ACL(Perms.ALL, new Id("sasl", user))), CreateMode.PERSISTENT);
            Check.equal("who logged in reads", "x", zk.text(path));
            other.sync(path);
            Check.refused("who did not does not", Code.NOAUTH, () -> other.text(path));
        }
    }

    /** A wrong password. */
    static void saslRefused(Bed bed) throws Exception {
        var config = login(bed.setting("sasl_user"), "wrong");
        try (Handle zk = Handle.begin(bed.connect(), Bed.SESSION_MS, config)) {
            zk.state(KeeperState.AuthFailed);
            Check.refused("a request after it", Code.AUTHFAILED, () -> zk.exists("/", false));
        }
    }

    private static boolean is(ClientInfo info, String scheme, String user) {
        return info.getAuthScheme().equals(scheme) && info.getUser().equals(user);
    }

    /** The client's settings for a login, under a name that no other handle of the process looks for. */
    private static ZKClientConfig login(String user, String password) {
        var module = new AppConfigurationEntry("org.apache.zookeeper.server.auth.DigestLoginModule",
            LoginModuleControlFlag.REQUIRED, Map.of("username", user, "password", password));
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return name.equals("Login") ? new AppConfigurationEntry[] {module} : null;
            }
        });
        var config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, "Login");
        // The client of 3.9 has FIPS mode on, and in that mode no DIGEST-MD5.
        config.setProperty("zookeeper.fips-mode", "false");
        return config;
    }

    /** The port for TLS, by a client without a certificate. */
    static void tls(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle zk = Handle.open(bed.setting("tls"), Bed.SESSION_MS, secured(bed));
            Handle plain = Handle.open(bed)) {
            zk.make(path, "x");
            plain.sync(path);
            Check.equal("one tree on both ports", "x", plain.text(path));
            byte[] large = Handle.bytes("y".repeat(500_000));
            zk.setData(path, large, -1);
            Check.equal("half a million bytes", large.length, zk.text(path).length());
        }
    }

    /** The port for TLS, by a client with a certificate: its name is one that rights can be given to. */
    static void x509(Bed bed) throws Exception {
        String path = bed.path();
        var config = secured(bed);
        try (var names = new ClientX509Util()) {
            config.setProperty(names.getSslKeystoreLocationProperty(), bed.setting("tls_identity"));
            config.setProperty(names.getSslKeystoreTypeProperty(), "PEM");
        }
        try (Handle zk = Handle.open(bed.setting("tls"), Bed.SESSION_MS, config);
            Handle plain = Handle.open(bed)) {
            String name = bed.setting("tls_name");
            List<ClientInfo> known = zk.whoAmI();
            Check.that("the server knows the certificate's name, of " + known,
                known.stream().anyMatch(info -> is(info, "x509", name)));
            zk.create(path, Handle.bytes("x"), Collections.singletonList(new ACL(Perms.ALL, new Id("x509", name))),
                CreateMode.PERSISTENT);
            Check.equal("who has it reads", "x", zk.text(path));
            plain.sync(path);
            Check.refused("who has not does not", Code.NOAUTH, () -> plain.text(path));
        }
    }

    private static ZKClientConfig secured(Bed bed) {
        var config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        try (var names = new ClientX509Util()) {
            config.setProperty(names.getSslTruststoreLocationProperty(), bed.setting("tls_trust"));
            config.setProperty(names.getSslTruststoreTypeProperty(), "PEM");
        }
        return config;
    }
}
