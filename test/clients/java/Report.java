import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.util.PSQLException;

/** What a group of checks found. */
final class Report {
  interface Attempt {
    void run() throws Exception;
  }

  private static final int FRAMES_SHOWN = 12;
  private final String group;
  private final List<String> failures = new ArrayList<>();
  private final List<String> seen = new ArrayList<>();

  Report(String group) {
    this.group = group;
  }

  boolean isGood() {
    return failures.isEmpty();
  }

  void equal(String name, Object actual, Object expected) {
    if (Objects.deepEquals(actual, expected)) return;
    failures.add(name + ": expected " + show(expected) + ", got " + show(actual));
  }

  /** Not checked here: two servers have to give the same. */
  void see(String name, Object value) {
    seen.add(name + ": " + show(value));
  }

  void failed(String name, Throwable error) {
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    failures.add(
        name
            + ": "
            + trace.toString().lines().limit(FRAMES_SHOWN).collect(Collectors.joining("\n")));
  }

  /** Checks that go on when one of them throws. */
  void attempt(String name, Attempt attempt) {
    try {
      attempt.run();
    } catch (Throwable error) {
      failed(name, error);
    }
  }

  /** `message` is a regular expression that the whole server message matches. */
  void refused(String name, String sqlState, String message, Attempt attempt) {
    try {
      attempt.run();
      failures.add(name + ": expected " + sqlState + " " + message + ", but nothing failed");
    } catch (SQLException error) {
      equal(name + ", SQLSTATE", error.getSQLState(), sqlState);
      String text = serverMessage(error);
      if (!Pattern.matches(message, text))
        failures.add(name + ": expected /" + message + "/, got " + text);
    } catch (Throwable error) {
      failed(name, error);
    }
  }

  static String serverMessage(SQLException error) {
    boolean isServers = error instanceof PSQLException own && own.getServerErrorMessage() != null;
    return isServers
        ? ((PSQLException) error).getServerErrorMessage().getMessage()
        : error.getMessage();
  }

  static String show(Object value) {
    if (value instanceof byte[] bytes) return "bytes " + HexFormat.of().formatHex(bytes);
    if (value instanceof Object[] items) {
      return java.util.Arrays.stream(items)
          .map(Report::show)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof int[] items) return java.util.Arrays.toString(items);
    if (value instanceof long[] items) return java.util.Arrays.toString(items);
    if (value instanceof Array array) return "array " + array;
    return value == null ? "null" : value.getClass().getSimpleName() + " " + value;
  }

  String toJson() {
    return "{\"group\":"
        + quote(group)
        + ",\"failures\":"
        + quote(failures)
        + ",\"seen\":"
        + quote(seen)
        + "}";
  }

  private static String quote(List<String> texts) {
    return texts.stream().map(Report::quote).collect(Collectors.joining(",", "[", "]"));
  }

  private static String quote(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char unit : text.toCharArray()) {
      if (unit == '"' || unit == '\\') json.append('\\').append(unit);
      else if (unit < ' ' || unit > '~') json.append(String.format("\\u%04x", (int) unit));
      else json.append(unit);
    }
    return json.append('"').toString();
  }
}
