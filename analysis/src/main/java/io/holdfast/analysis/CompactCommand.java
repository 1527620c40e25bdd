package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.compact.CompactJob;
import io.holdfast.analysis.compact.CompactOptions;
import io.holdfast.analysis.compact.CompactResult;
import io.holdfast.analysis.compact.CompactedRun;
import io.holdfast.analysis.log.LogRoot;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link CompactJob}. */
@Command(
    name = "compact",
    mixinStandardHelpOptions = true,
    description = {
      "Rewrites finished runs of a log, sorted by sample and epoch: smaller, and quicker to read.",
      "No value changes. It may be killed at any moment and run again."
    },
    footer = {
      "",
      "Examples:",
      "  holdfast compact --log logs",
      "  holdfast compact --log logs --run-id resnet-7 --idle 0 --json compact.json"
    })
final class CompactCommand implements Callable<Integer> {
  private static final int MEBIBYTE = 1 << 20;

  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description =
          "A run to compact; repeatable or separated by commas. Default: all that are finished.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--idle",
      defaultValue = "" + CompactOptions.IDLE_MINUTES,
      paramLabel = "MINUTES",
      description =
          "A run that does not say that it is finished must not have changed for so long. "
              + "Default: ${DEFAULT-VALUE}.")
  private int idleMinutes;

  @Option(
      names = "--file-size",
      defaultValue = "" + (CompactOptions.FILE_BYTES >> 20),
      paramLabel = "MIB",
      description =
          "How much of the log, as it is stored before, goes to one file. Default: ${DEFAULT-VALUE}.")
  private int fileMebibytes;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes what was done here.")
  private String json;

  @Override
  public Integer call() {
    CompactOptions options =
        new CompactOptions(new LogRoot(log), runIds, idleMinutes, (long) fileMebibytes * MEBIBYTE);
    SparkSession spark = CommandLines.openSpark("holdfast compact");
    CompactResult result = new CompactJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    PrintWriter to = spec.commandLine().getOut();
    for (CompactedRun run : result.runs()) {
      to.println(
          String.format(
              Locale.ROOT,
              "%s: %s, %d files of %.1f MiB before, %d of %.1f MiB now",
              run.runId(),
              run.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
              run.filesBefore(),
              (double) run.bytesBefore() / MEBIBYTE,
              run.filesAfter(),
              (double) run.bytesAfter() / MEBIBYTE));
    }
    result.notes().forEach(to::println);
    to.flush();
    return 0;
  }
}
