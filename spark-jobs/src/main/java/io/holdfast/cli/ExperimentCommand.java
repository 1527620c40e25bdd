package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.experiment.ExperimentJob;
import io.holdfast.experiment.ExperimentOptions;
import io.holdfast.experiment.ExperimentProgress;
import io.holdfast.experiment.ExperimentResult;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.TrainingProgress;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares methods over data sets, settings and seeds. */
@Command(
    name = "experiment",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Trains methods with every setting and seed on every data set, analyses the log, and writes",
      "one table: mean and deviation over seeds, and the paired difference from std.",
      "Everything is checked before the first run starts. Finished runs are skipped, an unfinished",
      "one is resumed; a run that diverges is reported and does not stop the others.",
      ""
    },
    footer = {
      "",
      "Keys of an experiment, besides those of `train` (docs/experiments.md):",
      "  experiment.methods = std, lsr, fer",
      "  experiment.seeds = 1, 2, 3",
      "  experiment.data = clean:data/clean, noisy:data/noise60",
      "  experiment.select = last             or best:validation; never the test split",
      "  experiment.ensemble = 5              averages the softmax outputs of the last 5 epochs",
      "  grid.fer.tau = 5, 10                 an option of one method: multiplies its runs only",
      "  grid.train.workers = 1, 4            any other key: multiplies all runs",
      "",
      "Examples:",
      "  holdfast experiment --config conf/experiments/digits.conf --data data/digits --out work",
      "  holdfast experiment --config my.conf --conf experiment.seeds=1,2,3,4,5 --out work \\",
      "      --data clean:data/clean noisy:data/noise60 --json work/summary.json",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 5 a run of that name differs,",
      "6 cluster or I/O failure, 7 some runs diverged (the tables are written all the same)."
    })
final class ExperimentCommand implements Callable<Integer> {
  @Mixin private RunConfiguration configuration;

  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "[NAME:]DIR",
      description =
          "Sample tables made by `holdfast import`, in place of experiment.data. Without a name,"
              + " the directory's last step is the name.")
  private List<String> data = List.of();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the log, the analysis and the tables.")
  private String out;

  @Option(
      names = "--overwrite",
      description = "Train runs anew that were created with another configuration or data.")
  private boolean overwrite;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the result as JSON.")
  private String json;

  @Override
  public Integer call() {
    SparkSession spark = SparkSessions.open("holdfast experiment " + out);
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    ExperimentResult result =
        new ExperimentJob(
                spark,
                new ExperimentOptions(configuration.values(conf), data, out, overwrite),
                new Progress(System.out))
            .execute();
    CommandLines.writeJson(json, result, conf);
    System.out.println();
    System.out.print(result.toMarkdown());
    result.notes().forEach(System.out::println);
    List<String> diverged = result.divergedRuns();
    if (!diverged.isEmpty()) {
      throw new HoldfastException(
          ExitCode.DIVERGED,
          diverged.size()
              + " of "
              + result.runs().size()
              + " runs diverged: "
              + String.join(", ", diverged)
              + " (expected finite losses; the tables hold the other runs)");
    }
    return 0;
  }

  /** A line for each run, followed by the run's own. */
  private static final class Progress implements ExperimentProgress {
    private final PrintStream to;

    Progress(PrintStream to) {
      this.to = to;
    }

    @Override
    public void planned(int runs, int finished) {
      to.println(runs + " runs, " + finished + " of them finished before");
    }

    @Override
    public TrainingProgress runStarted(int number, int runs, String runId, double secondsLeft) {
      to.print("run " + number + " of " + runs);
      to.println(
          Double.isNaN(secondsLeft)
              ? ""
              : ", about " + ConsoleProgress.duration(secondsLeft) + " left");
      return new ConsoleProgress(to, System.console() != null);
    }

    @Override
    public void runDiverged(String runId, String failure) {
      to.println("run " + runId + " diverged: " + failure);
    }

    @Override
    public void analysing() {
      to.println("analysing");
    }
  }
}
