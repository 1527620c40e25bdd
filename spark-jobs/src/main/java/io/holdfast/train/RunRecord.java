package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.Vocabulary;
import io.holdfast.model.Networks;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What a run is, in {@code runs/R/run.json}: written once, before the first epoch.
 *
 * @param format version of this record
 * @param runId the run
 * @param config every configuration key with its value
 * @param configHash SHA-256 of the configuration
 * @param data where the samples came from
 * @param dataFingerprint of the sample table
 * @param shape of one sample
 * @param classes number of classes
 * @param mean of the training samples, per feature or per channel of pixels / 255; what the
 *     network's inputs are scaled with, whatever data it is given later
 * @param deviation likewise
 * @param parameters number of parameters of the network
 * @param nativeEnvironment what determines the bytes of a result on this machine
 * @param versions of what took part
 */
record RunRecord(
    @JsonProperty("format") int format,
    @JsonProperty("run_id") String runId,
    @JsonProperty("config") Map<String, String> config,
    @JsonProperty("config_hash") String configHash,
    @JsonProperty("data") String data,
    @JsonProperty("data_fingerprint") String dataFingerprint,
    @JsonProperty("shape") int[] shape,
    @JsonProperty("classes") int classes,
    @JsonProperty("mean") double[] mean,
    @JsonProperty("deviation") double[] deviation,
    @JsonProperty("parameters") long parameters,
    @JsonProperty("native_environment") String nativeEnvironment,
    @JsonProperty("versions") Map<String, String> versions) {

  static final int FORMAT = 1;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

  static String hash(Map<String, String> config) {
    StringBuilder text = new StringBuilder();
    config.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    return CommittedFiles.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  static String networkFile(String runId) {
    return "runs/" + runId + "/network.json";
  }

  /** The vocabulary of a run that reads words. */
  static String vocabularyFile(String runId) {
    return "runs/" + runId + "/" + Vocabulary.FILE;
  }

  void write(Configuration conf, LogRoot root, String networkJson) throws IOException {
    CommittedFiles.write(
        conf, root, networkFile(runId), networkJson.getBytes(StandardCharsets.UTF_8));
    CommittedFiles.write(conf, root, "runs/" + runId + "/run.json", JSON.writeValueAsBytes(this));
  }

  static boolean exists(Configuration conf, LogRoot root, String runId) {
    Path path = root.runFile(runId);
    try {
      return path.getFileSystem(conf).exists(path);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  static RunRecord read(Configuration conf, LogRoot root, String runId) {
    Path path = root.runFile(runId);
    try {
      RunRecord record = JSON.readValue(bytes(conf, path), RunRecord.class);
      if (record.format() > FORMAT) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            path + " has format " + record.format() + " (this build reads up to " + FORMAT + ")");
      }
      String problem = record.problem(runId);
      if (problem != null) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            "Damaged " + path + ": " + problem + " (expected the record of a run)");
      }
      return record;
    } catch (FileNotFoundException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "No run " + runId + " in " + root.path() + " (expected " + path + ")",
          e);
    } catch (JsonProcessingException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          "Damaged " + path + ": " + e.getOriginalMessage() + " (expected the record of a run)",
          e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /** What no run records; null for nothing. */
  private String problem(String directory) {
    if (format < 1) {
      return "format " + format;
    }
    if (!runId.equals(directory)) {
      return "it is that of run " + runId;
    }
    if (config.containsValue(null)) {
      return "a configuration key without value";
    }
    if (classes < 2 || parameters < 1) {
      return classes + " classes and " + parameters + " parameters";
    }
    boolean positive = Arrays.stream(shape).allMatch(size -> size > 0);
    if (shape.length < 1 || shape.length > 3 || !positive) {
      return "samples of shape " + Arrays.toString(shape);
    }
    boolean scales =
        Arrays.stream(mean).allMatch(Double::isFinite)
            && Arrays.stream(deviation).allMatch(value -> value > 0 && Double.isFinite(value));
    boolean fits = mean.length == (shape.length == 2 ? 0 : shape[0]);
    if (!scales || !fits || mean.length != deviation.length) {
      return mean.length
          + " means and "
          + deviation.length
          + " deviations for samples of shape "
          + Arrays.toString(shape)
          + ", or a value among them that scales nothing";
    }
    return null;
  }

  /** The network of the run, which has as many parameters as the run recorded. */
  String readNetwork(Configuration conf, LogRoot root) {
    Path path = new Path(root.path(), networkFile(runId));
    try {
      String json = new String(bytes(conf, path), StandardCharsets.UTF_8);
      Networks.requireParameters(path.toString(), json, parameters);
      return json;
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  static Vocabulary readVocabulary(Configuration conf, LogRoot root, String runId) {
    Path path = new Path(root.path(), vocabularyFile(runId));
    try {
      return Vocabulary.fromBytes(bytes(conf, path), path.toString());
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(Configuration conf, Path path) throws IOException {
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      return in.readAllBytes();
    }
  }
}
