import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.List;
import java.util.UUID;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/**
 * Every type: its setter, its getter, and the same statement 10 times, in which pgjdbc changes from
 * an unnamed to a named statement and from text to binary results. Also with binary from the first
 * execution on, with text only and in its other query modes.
 */
final class Types {
  private static final int EXECUTIONS = 10;

  /** How Java programs write and read a type. */
  private record Sample(String type, Object value, Setter setter, Getter getter) {}

  private interface Setter {
    void set(PreparedStatement statement, int index) throws SQLException;
  }

  private interface Getter {
    Object get(ResultSet rows, int index) throws SQLException;
  }

  private static final List<String[]> WAYS =
      List.of(
          new String[] {},
          new String[] {"prepareThreshold=-1"},
          new String[] {
            "prepareThreshold=1", "binaryTransferEnable=NUMERIC,BOOL,BYTEA,UUID,DATE,TIME,TIMETZ"
          },
          new String[] {"binaryTransfer=false"},
          new String[] {"preferQueryMode=extendedForPrepared"},
          new String[] {"preferQueryMode=extendedCacheEverything"},
          new String[] {"preferQueryMode=simple"});

  static void run(Server server, Report report) throws SQLException {
    for (String[] options : WAYS) {
      String way = options.length == 0 ? "default" : String.join(" ", options);
      try (Connection connection = server.connect(options)) {
        for (Sample sample : samples()) {
          String name = sample.type + ", " + way;
          report.attempt(name, () -> roundTrip(connection, name, sample, report));
        }
      }
    }
  }

  private static List<Sample> samples() throws SQLException {
    String unicode = "Größe, 'quoted' \"x\" \\ 漢字 🚀\n\t";
    byte[] bytes = {0, 1, 39, 92, 127, (byte) 128, (byte) 255};
    UUID uuid = UUID.fromString("123e4567-e89b-12d3-a456-426614174000");
    BigDecimal decimal = new BigDecimal("-12345678901234567890.00120");
    Date date = Date.valueOf("2024-02-29");
    Time time = Time.valueOf("23:59:58");
    Timestamp timestamp = Timestamp.valueOf("1999-12-31 23:59:59.123456");
    PGInterval interval = new PGInterval(0, 10, -3, 3, 55, 6.789);
    PGobject json = object("json", "{\"a\": [1, 2.50, null]}");
    PGobject jsonb = object("jsonb", "{\"a\": [1, 2.50, null]}");
    return List.of(
        sample("bool", true, (s, i) -> s.setBoolean(i, true), ResultSet::getBoolean),
        sample(
            "int2", (short) -32768, (s, i) -> s.setShort(i, (short) -32768), ResultSet::getShort),
        sample("int4", 2147483647, (s, i) -> s.setInt(i, 2147483647), ResultSet::getInt),
        sample("int8", Long.MIN_VALUE, (s, i) -> s.setLong(i, Long.MIN_VALUE), ResultSet::getLong),
        sample("float4", 1.1f, (s, i) -> s.setFloat(i, 1.1f), ResultSet::getFloat),
        sample("float8", 1e-300, (s, i) -> s.setDouble(i, 1e-300), ResultSet::getDouble),
        sample("float8", Double.NaN, (s, i) -> s.setDouble(i, Double.NaN), ResultSet::getDouble),
        sample("numeric", decimal, (s, i) -> s.setBigDecimal(i, decimal), ResultSet::getBigDecimal),
        sample("text", unicode, (s, i) -> s.setString(i, unicode), ResultSet::getString),
        sample("varchar", unicode, (s, i) -> s.setString(i, unicode), ResultSet::getString),
        sample("bpchar", "ab", (s, i) -> s.setString(i, "ab"), ResultSet::getString),
        sample("bytea", bytes, (s, i) -> s.setBytes(i, bytes), ResultSet::getBytes),
        sample("date", date, (s, i) -> s.setDate(i, date), ResultSet::getDate),
        sample("time", time, (s, i) -> s.setTime(i, time), ResultSet::getTime),
        sample(
            "timestamp",
            timestamp,
            (s, i) -> s.setTimestamp(i, timestamp),
            ResultSet::getTimestamp),
        sample(
            "timestamptz",
            timestamp,
            (s, i) -> s.setTimestamp(i, timestamp),
            ResultSet::getTimestamp),
        sample("interval", interval, (s, i) -> s.setObject(i, interval), ResultSet::getObject),
        sample("uuid", uuid, (s, i) -> s.setObject(i, uuid), ResultSet::getObject),
        sample("json", json, (s, i) -> s.setObject(i, json), ResultSet::getObject),
        sample("jsonb", jsonb, (s, i) -> s.setObject(i, jsonb), ResultSet::getObject),
        sample("oid", 4294967295L, (s, i) -> s.setLong(i, 4294967295L), ResultSet::getLong));
  }

  private static Sample sample(String type, Object value, Setter setter, Getter getter) {
    return new Sample(type, value, setter, getter);
  }

  private static PGobject object(String type, String value) throws SQLException {
    PGobject object = new PGobject();
    object.setType(type);
    object.setValue(value);
    return object;
  }

  private static void roundTrip(Connection connection, String name, Sample sample, Report report)
      throws SQLException {
    String type = sample.type;
    // By type: pgjdbc remembers the parameter types of a text.
    String table = "java_type_" + type;
    Server.run(
        connection,
        "DROP TABLE IF EXISTS " + table,
        "CREATE TABLE " + table + " (id int PRIMARY KEY, value " + type + ", other " + type + ")");
    String write = "INSERT INTO " + table + " (id, value) VALUES (?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(write)) {
      for (int id = 1; id <= EXECUTIONS; id++) {
        insert.setInt(1, id);
        sample.setter.set(insert, 2);
        report.equal(name + ", rows inserted", insert.executeUpdate(), 1);
      }
    }
    String text = "SELECT value, other, ?::" + type + " AS echo FROM " + table + " WHERE id = ?";
    try (PreparedStatement select = connection.prepareStatement(text)) {
      for (int id = 1; id <= EXECUTIONS; id++) {
        sample.setter.set(select, 1);
        select.setInt(2, id);
        try (ResultSet rows = select.executeQuery()) {
          readBack(rows, name + ", execution " + id, sample, report);
        }
      }
    }
  }

  private static void readBack(ResultSet rows, String name, Sample sample, Report report)
      throws SQLException {
    report.equal(name + ", has a row", rows.next(), true);
    report.equal(name + ", value", sample.getter.get(rows, 1), sample.value);
    report.equal(name + ", echo", sample.getter.get(rows, 3), sample.value);
    report.equal(name + ", NULL", rows.getObject(2), null);
    report.see(name + ", object", rows.getObject(3));
    if (!sample.type.equals("bytea")) report.see(name + ", text", rows.getString(1));
    report.equal(name + ", ends", rows.next(), false);
  }
}
