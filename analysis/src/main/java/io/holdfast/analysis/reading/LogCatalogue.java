package io.holdfast.analysis.reading;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.security.AccessControlException;

/**
 * Which files of a log count, and which (run, split, phase) each belongs to: of a run with
 * manifests exactly the files that these list, of another run every file whose name does not start
 * with {@code _} or a dot.
 */
final class LogCatalogue {
  private static final String RUN_ID = "run_id=";

  /** A data file whose series has no number yet. */
  private record Listed(FileStatus status, String path, CompactedFile compacted) {}

  private record Key(String runId, String split, String phase) {}

  private static final class Found {
    final List<Listed> predictions = new ArrayList<>();
    final List<Listed> vectors = new ArrayList<>();
    boolean everyEpoch;
    int committedEpochs;

    List<Listed> of(String table) {
      return table.equals(LogRoot.PREDICTIONS) ? predictions : vectors;
    }
  }

  private final LogRoot root;
  private final LogFilter filter;
  private final Commits commits;
  private final FileSystem fileSystem;
  private final Map<Key, Found> found =
      new TreeMap<>(
          Comparator.comparing(Key::runId).thenComparing(Key::split).thenComparing(Key::phase));
  private final List<Series> series = new ArrayList<>();
  private final List<LogFile> predictions = new ArrayList<>();
  private final List<LogFile> vectors = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private LogCatalogue(Configuration conf, LogRoot root, LogFilter filter) throws IOException {
    this.root = root;
    this.filter = filter;
    this.commits = new Commits(conf, root);
    this.fileSystem = LogFiles.fileSystem(root.path(), conf);
  }

  /**
   * Lists a log.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run is unknown, with {@link
   *     ExitCode#BAD_LOG} where the log is empty or its files do not lie as they must
   */
  static LogCatalogue read(Configuration conf, LogRoot root, LogFilter filter) {
    return listing(
        root,
        () -> {
          LogCatalogue catalogue = new LogCatalogue(conf, root, filter);
          catalogue.collect();
          return catalogue;
        });
  }

  /** Every run with data files, ascending. */
  static List<String> runIds(Configuration conf, LogRoot root) {
    return listing(
        root, () -> List.copyOf(new LogCatalogue(conf, root, LogFilter.all()).listRuns().keySet()));
  }

  private interface Listing<T> {
    T list() throws IOException;
  }

  private static <T> T listing(LogRoot root, Listing<T> listing) {
    try {
      return listing.list();
    } catch (AccessControlException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          "No permission to read " + root.location() + ": " + e.getMessage(),
          e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot list " + root.location() + ": " + e.getMessage(), e);
    }
  }

  List<Series> series() {
    return series;
  }

  List<LogFile> predictions() {
    return predictions;
  }

  List<LogFile> vectors() {
    return vectors;
  }

  List<String> notes() {
    return notes;
  }

  private void collect() throws IOException {
    Map<String, Map<Path, FileStatus>> ofRuns = listRuns();
    for (String asked : filter.runIds()) {
      if (!ofRuns.containsKey(asked)) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Unknown run id: '" + asked + "', expected one of " + nearestFirst(asked, ofRuns));
      }
    }
    Map<String, Map<Path, FileStatus>> vectorsOfRuns =
        list(LogRoot.PREDICTION_VECTORS, directories(LogRoot.PREDICTION_VECTORS));
    for (String runId : ofRuns.keySet()) {
      if (filter.runIds().isEmpty() || filter.runIds().contains(runId)) {
        addRun(runId, ofRuns.get(runId), vectorsOfRuns.getOrDefault(runId, Map.of()));
      }
    }
    number();
  }

  private Map<String, Map<Path, FileStatus>> listRuns() throws IOException {
    if (!fileSystem.exists(root.path())) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, root.location() + " does not exist, expected a prediction log");
    }
    Map<String, Map<Path, FileStatus>> ofRuns =
        list(LogRoot.PREDICTIONS, directories(LogRoot.PREDICTIONS));
    if (ofRuns.isEmpty() || !ofRuns.keySet().containsAll(filter.runIds())) {
      ofRuns = list(LogRoot.PREDICTIONS, List.of(root.table(LogRoot.PREDICTIONS)));
    }
    if (ofRuns.isEmpty()) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          root.table(LogRoot.PREDICTIONS)
              + " holds no Parquet files, expected those of a prediction log");
    }
    return ofRuns;
  }

  private static String nearestFirst(String asked, Map<String, ?> known) {
    int shown = 10;
    List<String> names = new ArrayList<>(known.keySet());
    names.sort(Comparator.comparingInt((String name) -> distance(asked, name)));
    return String.join(", ", names.subList(0, Math.min(shown, names.size())))
        + (names.size() > shown ? " and " + (names.size() - shown) + " more" : "");
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(Math.min(above, row[j - 1]) + 1, substituted);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /** Where a table has to be listed: in the runs asked for, where all it holds are runs. */
  private List<Path> directories(String table) throws IOException {
    Path whole = root.table(table);
    if (filter.runIds().isEmpty() || !fileSystem.exists(whole)) {
      return List.of(whole);
    }
    List<Path> asked = new ArrayList<>();
    for (FileStatus status : fileSystem.listStatus(whole)) {
      String name = status.getPath().getName();
      if (isData(name) && !name.startsWith(RUN_ID)) {
        return List.of(whole);
      }
      if (filter.runIds().stream().anyMatch(runId -> name.equals(RUN_ID + runId))) {
        asked.add(status.getPath());
      }
    }
    return asked;
  }

  /** Every file of a table, by run. */
  private Map<String, Map<Path, FileStatus>> list(String table, List<Path> directories)
      throws IOException {
    String base = fileSystem.makeQualified(root.table(table)).toUri().getPath();
    Map<String, Map<Path, FileStatus>> files = new TreeMap<>();
    for (Path directory : directories) {
      RemoteIterator<LocatedFileStatus> listing;
      try {
        listing = fileSystem.listFiles(directory, true);
      } catch (FileNotFoundException e) {
        continue;
      }
      while (listing.hasNext()) {
        FileStatus file = listing.next();
        String relative = file.getPath().toUri().getPath().substring(base.length() + 1);
        if (isData(relative)) {
          files
              .computeIfAbsent(key(table, relative).runId(), runId -> new LinkedHashMap<>())
              .put(file.getPath(), file);
        }
      }
    }
    return files;
  }

  /** Pending files of ours pass, for a manifest may list them; other hidden names do not. */
  private static boolean isData(String relative) {
    String[] steps = relative.split("/");
    for (int i = 0; i < steps.length; i++) {
      boolean pending =
          i == steps.length - 1
              && (steps[i].startsWith("_epoch-")
                  || steps[i].startsWith("_" + LogRoot.COMPACTED_PREFIX));
      if (steps[i].startsWith(".") || (steps[i].startsWith("_") && !pending)) {
        return false;
      }
    }
    return true;
  }

  private Key key(String table, String relative) {
    Map<String, String> partition = new HashMap<>();
    String[] steps = relative.split("/");
    for (int i = 0; i < steps.length - 1; i++) {
      int equals = steps[i].indexOf('=');
      if (equals > 0) {
        partition.put(steps[i].substring(0, equals), steps[i].substring(equals + 1));
      }
    }
    for (String name : List.of("run_id", "split", "phase")) {
      if (!partition.containsKey(name)) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            table
                + "/"
                + relative
                + " lies in no directory "
                + name
                + "=..., expected run_id=R/split=S/phase=P");
      }
    }
    try {
      return new Key(
          LogNames.requireRunId(partition.get("run_id")),
          LogNames.requireSplit(partition.get("split")),
          LogNames.requirePhase(partition.get("phase")));
    } catch (HoldfastException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, table + "/" + relative + ": " + e.getMessage(), e);
    }
  }

  private void addRun(
      String runId, Map<Path, FileStatus> listed, Map<Path, FileStatus> listedVectors)
      throws IOException {
    if (!commits.hasRunDirectory(runId)) {
      addEvery(LogRoot.PREDICTIONS, listed);
      addEvery(LogRoot.PREDICTION_VECTORS, listedVectors);
      return;
    }
    Map<Path, FileStatus> statuses = new HashMap<>(listed);
    statuses.putAll(listedVectors);
    while (true) {
      Optional<CompactionManifest> compaction = commits.compaction(runId);
      try {
        addCommitted(runId, compaction, statuses);
        return;
      } catch (HoldfastException e) {
        if (commits.compaction(runId).equals(compaction)) {
          throw e;
        }
        // The run was compacted in the meantime, and what was replaced is gone.
        found.keySet().removeIf(key -> key.runId().equals(runId));
      }
    }
  }

  private void addCommitted(
      String runId, Optional<CompactionManifest> compaction, Map<Path, FileStatus> statuses) {
    List<CommitManifest> all = commits.manifests(runId);
    List<CommitManifest> manifests =
        all.stream()
            .filter(manifest -> filter.asOf() == null || manifest.epoch() <= filter.asOf())
            .toList();
    if (manifests.isEmpty() && (compaction.isEmpty() || !all.isEmpty())) {
      String what = "Run " + runId + " has no committed epoch";
      if (filter.runIds().contains(runId)) {
        throw new HoldfastException(
            ExitCode.BAD_LOG, what + ", expected at least one manifest in " + root.commits(runId));
      }
      notes.add(what + " and was left out.");
      return;
    }
    Set<String> replaced = new HashSet<>();
    Set<Path> known = new HashSet<>();
    compaction.ifPresent(manifest -> replaced.addAll(manifest.replaces()));
    if (compaction.isPresent()) {
      for (CompactedFile file : compaction.get().files()) {
        Found of = add(file.logged(), file, statuses);
        of.everyEpoch = true;
        known.add(fileSystem.makeQualified(root.resolve(file.path())));
      }
    }
    for (CommitManifest manifest : manifests) {
      for (LoggedFile file : manifest.files()) {
        if (isTable(file.path())) {
          addListed(manifest, file, replaced, statuses);
        }
      }
    }
    for (CommitManifest manifest : all) {
      manifest
          .files()
          .forEach(file -> known.add(fileSystem.makeQualified(root.resolve(file.path()))));
    }
    replaced.forEach(path -> known.add(fileSystem.makeQualified(root.resolve(path))));
    noteUnlisted(runId, known, statuses);
  }

  private void noteUnlisted(String runId, Set<Path> known, Map<Path, FileStatus> statuses) {
    List<String> unlisted =
        statuses.keySet().stream()
            .filter(path -> !path.getName().startsWith("_") && !known.contains(path))
            .map(Path::toString)
            .sorted()
            .toList();
    if (!unlisted.isEmpty()) {
      notes.add(
          "Run "
              + runId
              + ": no manifest lists "
              + unlisted.size()
              + (unlisted.size() == 1 ? " file" : " files")
              + ", which do not count, for example "
              + unlisted.get(0)
              + ".");
    }
  }

  private void addEvery(String table, Map<Path, FileStatus> listed) {
    for (FileStatus status : listed.values()) {
      if (!status.getPath().getName().startsWith("_")) {
        String relative = relativeTo(table, status.getPath());
        Found of = found(table, relative);
        of.everyEpoch = true;
        of.of(table).add(new Listed(status, table + "/" + relative, null));
      }
    }
  }

  private String relativeTo(String table, Path path) {
    String base = fileSystem.makeQualified(root.table(table)).toUri().getPath();
    return path.toUri().getPath().substring(base.length() + 1);
  }

  private Found found(String table, String relative) {
    return found.computeIfAbsent(key(table, relative), key -> new Found());
  }

  private static boolean isTable(String path) {
    String table = table(path);
    return table.equals(LogRoot.PREDICTIONS) || table.equals(LogRoot.PREDICTION_VECTORS);
  }

  private static String table(String path) {
    int slash = path.indexOf('/');
    return slash < 0 ? path : path.substring(0, slash);
  }

  private void addListed(
      CommitManifest manifest,
      LoggedFile file,
      Set<String> replaced,
      Map<Path, FileStatus> statuses) {
    Found of =
        replaced.contains(file.path())
            ? found(table(file.path()), file.path().substring(table(file.path()).length() + 1))
            : add(file, null, statuses);
    if (manifest.kind() == CommitManifest.Kind.EPOCH) {
      of.everyEpoch = true;
      of.committedEpochs = Math.max(of.committedEpochs, manifest.epoch());
    }
  }

  private Found add(LoggedFile file, CompactedFile compacted, Map<Path, FileStatus> statuses) {
    Path finalName = fileSystem.makeQualified(root.resolve(file.path()));
    FileStatus status = statuses.get(finalName);
    if (status == null || status.getLen() != file.bytes()) {
      // Pending still, published since the listing, or not as recorded: the last is refused here.
      status = commits.locate(file);
    }
    String table = table(file.path());
    Found of = found(table, file.path().substring(table.length() + 1));
    of.of(table).add(new Listed(status, file.path(), compacted));
    return of;
  }

  private void number() {
    Map<String, Integer> lastEpochs = new HashMap<>();
    found.forEach((key, of) -> lastEpochs.merge(key.runId(), of.committedEpochs, Math::max));
    TreeSet<String> splits = new TreeSet<>();
    for (Map.Entry<Key, Found> entry : found.entrySet()) {
      Key key = entry.getKey();
      Found of = entry.getValue();
      splits.add(key.split());
      boolean reported = filter.reports(key.split());
      if (of.predictions.isEmpty() || !(reported || key.split().equals(filter.deciding()))) {
        continue;
      }
      int index = series.size();
      series.add(
          new Series(
              index,
              key.runId(),
              key.split(),
              key.phase(),
              of.everyEpoch,
              of.everyEpoch ? lastEpochs.get(key.runId()) : 0,
              reported));
      number(index, false, of.predictions, predictions);
      number(index, true, of.vectors, vectors);
    }
    if (series.stream().noneMatch(Series::reported)) {
      throw new HoldfastException(
          filter.splits().isEmpty() || splits.isEmpty() ? ExitCode.BAD_LOG : ExitCode.BAD_INPUT,
          root.location()
              + " holds no committed predictions"
              + (filter.splits().isEmpty() ? "" : " of split " + String.join(", ", filter.splits()))
              + (splits.isEmpty() ? "" : ", expected one of " + String.join(", ", splits)));
    }
  }

  private static void number(int index, boolean vectors, List<Listed> listed, List<LogFile> files) {
    listed.stream()
        .sorted(Comparator.comparing(file -> file.status().getPath()))
        .forEach(
            file ->
                files.add(
                    new LogFile(index, vectors, file.path(), file.status(), file.compacted())));
  }
}
