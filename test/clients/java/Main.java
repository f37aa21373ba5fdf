import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks of pgjdbc, in groups. Each group prints one JSON line: its name, what failed and what was
 * seen. What was seen has no expectation here; two servers have to agree on it. The arguments are
 * the groups to run, all but "login" by default; the environment says where the server is. Exits
 * with 1 when something failed.
 */
public final class Main {
  interface Group {
    void run(Server server, Report report) throws Exception;
  }

  private static Map<String, Group> groups() {
    Map<String, Group> groups = new LinkedHashMap<>();
    groups.put("types", Types::run);
    groups.put("nulls", Nulls::run);
    groups.put("time", Times::run);
    groups.put("arrays", Arrays::run);
    groups.put("modes", QueryModes::run);
    groups.put("fetch", FetchSize::run);
    groups.put("batches", Batches::run);
    groups.put("copy", Copies::run);
    groups.put("cancel", Cancels::run);
    groups.put("transactions", Transactions::run);
    groups.put("autosave", Autosave::run);
    groups.put("keys", GeneratedKeys::run);
    groups.put("metadata", Metadata::run);
    groups.put("errors", Errors::run);
    groups.put("notifications", Notifications::run);
    groups.put("settings", Settings::run);
    groups.put("plans", CachedPlans::run);
    groups.put("pool", Pool::run);
    groups.put("jdbc", Jdbc::run);
    return groups;
  }

  public static void main(String[] names) {
    Server server = Server.ofEnvironment();
    Map<String, Group> groups = groups();
    List<String> chosen = names.length == 0 ? List.copyOf(groups.keySet()) : List.of(names);
    groups.put("login", Login::run);
    boolean isGood = true;
    for (String name : chosen) {
      Report report = new Report(name);
      try {
        groups.get(name).run(server, report);
      } catch (Throwable error) {
        report.failed("the group ended early", error);
      }
      System.out.println(report.toJson());
      isGood &= report.isGood();
    }
    System.exit(isGood ? 0 : 1);
  }
}
