//! The calls there are: one row each, with the names that the wire and the metrics use.

macro_rules! calls {
    ($($name:ident: $service:literal, $method:literal, $kind:ident;)+) => {
        /// A call of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Call {
            $($name,)+
        }

        impl Call {
            /// All calls, in the order of their discriminants.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The call that a request's path names.
            pub(crate) fn from_path(path: &str) -> Option<Self> {
                match path {
                    $(concat!("/", $service, "/", $method) => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// Service, method, and kind, as metrics show them.
            pub(crate) const fn names(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Self::$name => ($service, $method, stringify!($kind)),)+
                }
            }
        }
    };
}

calls! {
    Range: "etcdserverpb.KV", "Range", unary;
    Put: "etcdserverpb.KV", "Put", unary;
    DeleteRange: "etcdserverpb.KV", "DeleteRange", unary;
    Txn: "etcdserverpb.KV", "Txn", unary;
    Compact: "etcdserverpb.KV", "Compact", unary;
    Watch: "etcdserverpb.Watch", "Watch", bidi_stream;
    LeaseGrant: "etcdserverpb.Lease", "LeaseGrant", unary;
    LeaseRevoke: "etcdserverpb.Lease", "LeaseRevoke", unary;
    LeaseKeepAlive: "etcdserverpb.Lease", "LeaseKeepAlive", bidi_stream;
    LeaseTimeToLive: "etcdserverpb.Lease", "LeaseTimeToLive", unary;
    LeaseLeases: "etcdserverpb.Lease", "LeaseLeases", unary;
    MemberAdd: "etcdserverpb.Cluster", "MemberAdd", unary;
    MemberRemove: "etcdserverpb.Cluster", "MemberRemove", unary;
    MemberUpdate: "etcdserverpb.Cluster", "MemberUpdate", unary;
    MemberList: "etcdserverpb.Cluster", "MemberList", unary;
    MemberPromote: "etcdserverpb.Cluster", "MemberPromote", unary;
    Alarm: "etcdserverpb.Maintenance", "Alarm", unary;
    Status: "etcdserverpb.Maintenance", "Status", unary;
    Defragment: "etcdserverpb.Maintenance", "Defragment", unary;
    Hash: "etcdserverpb.Maintenance", "Hash", unary;
    HashKv: "etcdserverpb.Maintenance", "HashKV", unary;
    Snapshot: "etcdserverpb.Maintenance", "Snapshot", server_stream;
    MoveLeader: "etcdserverpb.Maintenance", "MoveLeader", unary;
    Downgrade: "etcdserverpb.Maintenance", "Downgrade", unary;
    AuthEnable: "etcdserverpb.Auth", "AuthEnable", unary;
    AuthDisable: "etcdserverpb.Auth", "AuthDisable", unary;
    AuthStatus: "etcdserverpb.Auth", "AuthStatus", unary;
    Authenticate: "etcdserverpb.Auth", "Authenticate", unary;
    UserAdd: "etcdserverpb.Auth", "UserAdd", unary;
    UserGet: "etcdserverpb.Auth", "UserGet", unary;
    UserList: "etcdserverpb.Auth", "UserList", unary;
    UserDelete: "etcdserverpb.Auth", "UserDelete", unary;
    UserChangePassword: "etcdserverpb.Auth", "UserChangePassword", unary;
    UserGrantRole: "etcdserverpb.Auth", "UserGrantRole", unary;
    UserRevokeRole: "etcdserverpb.Auth", "UserRevokeRole", unary;
    RoleAdd: "etcdserverpb.Auth", "RoleAdd", unary;
    RoleGet: "etcdserverpb.Auth", "RoleGet", unary;
    RoleList: "etcdserverpb.Auth", "RoleList", unary;
    RoleDelete: "etcdserverpb.Auth", "RoleDelete", unary;
    RoleGrantPermission: "etcdserverpb.Auth", "RoleGrantPermission", unary;
    RoleRevokePermission: "etcdserverpb.Auth", "RoleRevokePermission", unary;
    Lock: "v3lockpb.Lock", "Lock", unary;
    Unlock: "v3lockpb.Lock", "Unlock", unary;
    Campaign: "v3electionpb.Election", "Campaign", unary;
    Proclaim: "v3electionpb.Election", "Proclaim", unary;
    Leader: "v3electionpb.Election", "Leader", unary;
    Observe: "v3electionpb.Election", "Observe", server_stream;
    Resign: "v3electionpb.Election", "Resign", unary;
    HealthCheck: "grpc.health.v1.Health", "Check", unary;
}
