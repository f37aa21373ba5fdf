import java.sql.Connection;
import java.sql.SQLException;

/**
 * SCRAM over TLS with a certificate that is checked; the environment has the CA, another one and
 * the password.
 */
final class Login {
  static void run(Server server, Report report) throws SQLException {
    String ca = "sslrootcert=" + System.getenv("PGSSLROOTCERT");
    String password = "password=" + System.getenv("CLIENT_PASSWORD");
    for (String binding : new String[] {"disable", "prefer", "require"}) {
      report.attempt(
          "channel binding " + binding,
          () -> {
            String bound = "channelBinding=" + binding;
            try (Connection connection =
                server.connect("sslmode=verify-full", ca, password, bound)) {
              report.equal("user", Server.value(connection, "SELECT current_user"), server.user());
            }
          });
    }
    try (Connection connection = server.connect("sslmode=disable", password)) {
      report.equal(
          "SCRAM without TLS", Server.value(connection, "SELECT current_user"), server.user());
    }
    String refused = "password authentication failed for user \"" + server.user() + "\"";
    report.refused(
        "a wrong password",
        "28P01",
        refused,
        () -> server.connect("sslmode=verify-full", ca, "password=no"));
    report.refused(
        "no password",
        "08004",
        "The server requested SCRAM-based authentication, but no password was provided.",
        () -> server.connect("sslmode=verify-full", ca));
    String otherCa = "sslrootcert=" + System.getenv("CLIENT_OTHER_CA");
    report.refused(
        "a certificate of another CA",
        "08006",
        "SSL error: PKIX path validation failed: .*",
        () -> server.connect("sslmode=verify-full", otherCa, password));
    Server elsewhere = new Server(server.host(), server.port(), server.user(), "nowhere");
    report.refused(
        "no database",
        "3D000",
        "database \"nowhere\" does not exist",
        () -> elsewhere.connect("sslmode=verify-full", ca, password));
  }
}
