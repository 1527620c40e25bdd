package io.holdfast.analysis.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What {@code run.json} says about runs, and which of them differ in their seed only: those with
 * equal configuration but {@code train.seed}, and the same data.
 */
final class RunSettings {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SEED = "train.seed";

  /** Longer values (the means of a thousand pixels) are no settings to read. */
  private static final int LONGEST = 200;

  private final List<String> groups = new ArrayList<>();
  private final List<ReportData.Run> runs = new ArrayList<>();

  /**
   * Reads the files there are.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where one is no JSON object
   */
  RunSettings(Configuration conf, LogRoot log, List<String> runIds) {
    Map<Object, List<Integer>> members = new LinkedHashMap<>();
    List<Map<String, String>> settings = new ArrayList<>();
    for (int run = 0; run < runIds.size(); run++) {
      JsonNode file = read(conf, log.runFile(runIds.get(run)));
      settings.add(settings(file));
      members.computeIfAbsent(groupKey(file, runIds.get(run)), key -> new ArrayList<>()).add(run);
    }
    int[] group = new int[runIds.size()];
    for (List<Integer> own : members.values()) {
      own.forEach(run -> group[run] = groups.size());
      groups.add(name(own.stream().map(runIds::get).toList()));
    }
    for (int run = 0; run < group.length; run++) {
      runs.add(new ReportData.Run(runIds.get(run), group[run], settings.get(run)));
    }
  }

  List<String> groups() {
    return groups;
  }

  List<ReportData.Run> runs() {
    return runs;
  }

  private static JsonNode read(Configuration conf, Path file) {
    try {
      FileSystem fileSystem = file.getFileSystem(conf);
      if (!fileSystem.exists(file)) {
        return null;
      }
      try (InputStream in = fileSystem.open(file)) {
        JsonNode read = JSON.readTree(in.readAllBytes());
        if (!read.isObject()) {
          throw new HoldfastException(
              ExitCode.BAD_LOG, file + ": no JSON object, expected the settings of a run");
        }
        return read;
      }
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, file + " is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> settings(JsonNode file) {
    Map<String, String> settings = new LinkedHashMap<>();
    if (file != null) {
      file.path("config").fields().forEachRemaining(each -> put(settings, "", each));
      for (Iterator<Map.Entry<String, JsonNode>> fields = file.fields(); fields.hasNext(); ) {
        Map.Entry<String, JsonNode> field = fields.next();
        if (field.getKey().equals("versions")) {
          field.getValue().fields().forEachRemaining(each -> put(settings, "version of ", each));
        } else if (!List.of("config", "format", "run_id").contains(field.getKey())) {
          put(settings, "", field);
        }
      }
    }
    return settings;
  }

  private static void put(
      Map<String, String> settings, String prefix, Map.Entry<String, JsonNode> field) {
    JsonNode value = field.getValue();
    String text = value.isTextual() ? value.textValue() : value.toString();
    if (text.length() <= LONGEST) {
      settings.put(prefix + field.getKey(), text);
    }
  }

  /** Runs that another program logged, without settings, are groups of their own. */
  private static Object groupKey(JsonNode file, String runId) {
    if (file == null || !file.path("config").isObject()) {
      return runId;
    }
    Map<String, String> key = new LinkedHashMap<>();
    file.path("config").fields().forEachRemaining(each -> put(key, "", each));
    key.remove(SEED);
    return List.of(key, file.path("data_fingerprint").asText());
  }

  /** The beginning that the names share, without what announces a seed. */
  private static String name(List<String> runIds) {
    String first = runIds.get(0);
    if (runIds.size() == 1) {
      return first;
    }
    int length = 0;
    while (sharesCharacter(runIds, length)) {
      length++;
    }
    String shared = first.substring(0, length).replaceFirst("[-._]*(seed)?[-._]*$", "");
    return shared.isEmpty() ? first + " and others" : shared;
  }

  private static boolean sharesCharacter(List<String> runIds, int place) {
    return runIds.stream()
        .allMatch(
            runId ->
                place < runId.length()
                    && place < runIds.get(0).length()
                    && runId.charAt(place) == runIds.get(0).charAt(place));
  }
}
