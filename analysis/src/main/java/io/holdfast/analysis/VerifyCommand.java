package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.verify.Problem;
import io.holdfast.analysis.verify.VerifiedRun;
import io.holdfast.analysis.verify.VerifyJob;
import io.holdfast.analysis.verify.VerifyOptions;
import io.holdfast.analysis.verify.VerifyResult;
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

/** Parses and prints for {@link VerifyJob}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Checks that a log is whole and that its rows can be true: files, lengths and SHA-256, missing"
          + " and double rows, ranges, labels that change.",
      "Ends with 4 where something is wrong, and changes nothing."
    },
    footer = {
      "",
      "Examples:",
      "  holdfast verify --log logs",
      "  holdfast verify --log logs --run-id resnet-7 --classes 1000 --json problems.json",
      "  holdfast verify --log logs --first-epoch 0 --no-checksums"
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to check; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "0|1",
      description = "The number of the first epoch in the log. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--classes",
      paramLabel = "K",
      description =
          "Number of classes. Default: from the run's record or the length of its logits.")
  private Integer classes;

  @Option(
      names = "--no-checksums",
      description = "Compares lengths only, without reading every file for its SHA-256.")
  private boolean noChecksums;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes what was found here.")
  private String json;

  @Override
  public Integer call() {
    VerifyOptions options =
        new VerifyOptions(new LogRoot(log), runIds, firstEpoch, classes, !noChecksums);
    SparkSession spark = CommandLines.openSpark("holdfast verify");
    VerifyResult result = new VerifyJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    print(result, spec.commandLine().getOut());
    return (result.sound() ? ExitCode.DONE : ExitCode.BAD_LOG).code();
  }

  private static void print(VerifyResult result, PrintWriter to) {
    for (VerifiedRun run : result.runs()) {
      to.println(
          String.format(
              Locale.ROOT,
              "%s: %s (%d rows in %d files)",
              run.runId(),
              run.problems().isEmpty() ? "nothing wrong" : "wrong",
              run.rows(),
              run.files()));
      for (Problem problem : run.problems()) {
        to.println(
            String.format(
                Locale.ROOT,
                "  %s, %d%s",
                problem.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                problem.count(),
                problem.split() == null
                    ? ""
                    : ", split " + problem.split() + ", phase " + problem.phase()));
        problem.examples().forEach(example -> to.println("    " + example));
      }
      run.notes().forEach(note -> to.println("  note: " + note));
    }
    long wrong = result.runs().stream().filter(run -> !run.problems().isEmpty()).count();
    to.println(wrong + " of " + result.runs().size() + " runs have problems.");
    to.flush();
  }
}
