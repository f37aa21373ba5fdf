import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.List;

/** java.time, also at the ends of what the types hold, text and binary. */
final class Times {
  private record Sample(String type, Object value, Class<?> javaClass) {}

  private static final ZoneOffset EAST = ZoneOffset.ofHoursMinutes(5, 30);

  private static final List<Sample> SAMPLES =
      List.of(
          new Sample("date", LocalDate.of(2024, 2, 29), LocalDate.class),
          new Sample("date", LocalDate.of(1, 1, 1), LocalDate.class),
          new Sample("date", LocalDate.of(-43, 3, 15), LocalDate.class),
          new Sample("date", LocalDate.MAX, LocalDate.class),
          new Sample("date", LocalDate.MIN, LocalDate.class),
          new Sample("time", LocalTime.of(13, 14, 15, 123_456_000), LocalTime.class),
          new Sample("time", LocalTime.MIDNIGHT, LocalTime.class),
          new Sample("timetz", OffsetTime.of(1, 2, 3, 456_789_000, EAST), OffsetTime.class),
          new Sample(
              "timestamp", LocalDateTime.of(2024, 3, 31, 2, 30, 0, 1_000), LocalDateTime.class),
          new Sample("timestamp", LocalDateTime.of(-100, 12, 31, 23, 59, 59), LocalDateTime.class),
          new Sample("timestamp", LocalDateTime.MAX, LocalDateTime.class),
          new Sample("timestamp", LocalDateTime.MIN, LocalDateTime.class),
          new Sample(
              "timestamptz",
              OffsetDateTime.of(2024, 10, 27, 0, 30, 0, 999_999_000, ZoneOffset.UTC),
              OffsetDateTime.class),
          new Sample(
              "timestamptz",
              OffsetDateTime.of(1893, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC),
              OffsetDateTime.class),
          new Sample("timestamptz", OffsetDateTime.MAX, OffsetDateTime.class),
          new Sample("timestamptz", OffsetDateTime.MIN, OffsetDateTime.class));

  static void run(Server server, Report report) throws SQLException {
    for (String option : List.of("prepareThreshold=5", "prepareThreshold=-1")) {
      try (Connection connection = server.connect(option, "binaryTransferEnable=DATE,TIME")) {
        for (Sample sample : SAMPLES) {
          String name = sample.type + " " + sample.value + ", " + option;
          report.attempt(name, () -> check(connection, name, sample, report));
        }
        report.attempt("zones", () -> zones(connection, report));
      }
    }
  }

  private static void check(Connection connection, String name, Sample sample, Report report)
      throws SQLException {
    String text = "SELECT ?::" + sample.type + " AS v";
    try (PreparedStatement select = connection.prepareStatement(text)) {
      for (int execution = 1; execution <= 7; execution++) {
        select.setObject(1, sample.value);
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          Object value = rows.getObject(1, sample.javaClass);
          boolean isOffset = value instanceof OffsetDateTime && sample.value != OffsetDateTime.MAX;
          Object comparable =
              isOffset && value != OffsetDateTime.MIN
                  ? ((OffsetDateTime) value).withOffsetSameInstant(ZoneOffset.UTC)
                  : value;
          report.equal(name, comparable, sample.value);
          report.see(name, rows.getString(1));
        }
      }
    }
  }

  /** The session is in the virtual machine's zone; text of timestamptz follows it. */
  private static void zones(Connection connection, Report report) throws SQLException {
    report.equal("TimeZone", Server.value(connection, "SHOW TimeZone"), "Europe/Berlin");
    report.equal("DateStyle", Server.value(connection, "SHOW DateStyle"), "ISO, MDY");
    String summer = Server.value(connection, "SELECT '2024-07-01 00:00:00+00'::timestamptz::text");
    report.equal("summer", summer, "2024-07-01 02:00:00+02");
    Server.run(connection, "SET TIME ZONE 'America/St_Johns'");
    String winter = Server.value(connection, "SELECT '2024-01-01 00:00:00+00'::timestamptz::text");
    report.equal("winter", winter, "2023-12-31 20:30:00-03:30");
    Server.run(connection, "SET TIME ZONE 'Europe/Berlin'");
  }
}
