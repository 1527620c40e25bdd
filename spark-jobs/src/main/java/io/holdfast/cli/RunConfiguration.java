package io.holdfast.cli;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;

/**
 * The configuration of a run as the command line gives it: a file, then single keys that win over
 * it.
 */
final class RunConfiguration {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of key = value lines (docs/configuration.md).")
  private String file;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "One configuration key; wins over --config. Repeatable.")
  private List<String> keys = List.of();

  Map<String, String> values(Configuration conf) {
    Map<String, String> values = new LinkedHashMap<>();
    if (file != null) {
      Path path = new Path(file);
      try (InputStream in = path.getFileSystem(conf).open(path)) {
        values.putAll(ConfigFile.read(in, file));
      } catch (IOException e) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, "Cannot read --config " + file + ": " + e.getMessage(), e);
      }
    }
    for (String pair : keys) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new ConfigException("Invalid value for --conf: " + pair + " (expected KEY=VALUE)");
      }
      values.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
    }
    return values;
  }
}
