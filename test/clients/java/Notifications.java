import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** LISTEN and NOTIFY through PGConnection.getNotifications. */
final class Notifications {
  static void run(Server server, Report report) throws SQLException {
    try (Connection listening = server.connect();
        Connection sending = server.connect()) {
      PGConnection listener = listening.unwrap(PGConnection.class);
      int sender = sending.unwrap(PGConnection.class).getBackendPID();
      Server.run(listening, "LISTEN java_one", "LISTEN \"Java Two\"");
      report.equal("nothing yet", received(listener, 1, 1), List.of());
      Server.run(
          sending,
          "NOTIFY java_one, 'hello'",
          "SELECT pg_notify('Java Two', 'wörld')",
          "NOTIFY elsewhere");
      List<String> expected = List.of("java_one hello " + sender, "Java Two wörld " + sender);
      report.equal("both", received(listener, 2, 10_000), expected);

      sending.setAutoCommit(false);
      Server.run(sending, "NOTIFY java_one, 'taken back'");
      sending.rollback();
      Server.run(
          sending,
          "NOTIFY java_one, 'same'",
          "NOTIFY java_one, 'same'",
          "NOTIFY java_one, 'other'");
      report.equal("not before the commit", received(listener, 1, 1), List.of());
      sending.commit();
      expected = List.of("java_one same " + sender, "java_one other " + sender);
      report.equal("after the commit", received(listener, 2, 10_000), expected);

      Server.run(listening, "UNLISTEN java_one");
      Server.run(sending, "NOTIFY java_one, 'unheard'", "NOTIFY \"Java Two\"");
      sending.commit();
      report.equal("after UNLISTEN", received(listener, 1, 10_000), List.of("Java Two  " + sender));
      Server.run(listening, "NOTIFY \"Java Two\", 'own'");
      report.equal(
          "its own",
          received(listener, 1, 10_000),
          List.of("Java Two own " + listener.getBackendPID()));
    }
  }

  /** Waits until `count` have come, for at most `timeoutMs` each. */
  private static List<String> received(PGConnection connection, int count, int timeoutMs)
      throws SQLException {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      PGNotification[] arrived = connection.getNotifications(timeoutMs);
      if (arrived == null || arrived.length == 0) break;
      for (PGNotification one : arrived)
        texts.add(one.getName() + " " + one.getParameter() + " " + one.getPID());
    }
    return texts;
  }
}
