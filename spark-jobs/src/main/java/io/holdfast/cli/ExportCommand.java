package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.EpochChoice;
import io.holdfast.train.ExportBehavioursJob;
import io.holdfast.train.ExportModelJob;
import io.holdfast.train.ExportOptions;
import io.holdfast.train.ExportedBehaviours;
import io.holdfast.train.ExportedModel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes what a run learned for others to read. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Writes a committed epoch as a plain DL4J model that loads without Holdfast,",
      "or what the method remembers of every training sample as a Parquet table.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast export --log log --run-id fer --epoch best --model fer.zip --json fer.json",
      "  holdfast export --log log --run-id fer --epoch all --behaviours behaviours",
      "      SELECT epoch, behaviour FROM parquet.`behaviours` WHERE sample_id = 17 ORDER BY epoch",
      "",
      "The model's inputs are scaled features: --json tells scaling, mean and deviation.",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 5 output exists,",
      "6 cluster or I/O failure."
    })
final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private LoggedRun run;

  @Option(
      names = "--epoch",
      paramLabel = "last|best|all|N",
      converter = EpochConverter.class,
      defaultValue = "last",
      description =
          "Which; best has the highest validation accuracy, all is for --behaviours. Default: last")
  private EpochChoice epoch;

  @ArgGroup(multiplicity = "1")
  private Target target;

  @Option(names = "--overwrite", description = "Replace an existing file or table.")
  private boolean overwrite;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write what was exported as JSON.")
  private String json;

  /** What is exported. */
  private static final class Target {
    @Option(names = "--model", paramLabel = "FILE.zip", description = "The new DL4J model.")
    private String model;

    @Option(names = "--behaviours", paramLabel = "DIR", description = "The new table.")
    private String behaviours;
  }

  @Override
  public Integer call() {
    SparkSession spark = SparkSessions.open("holdfast export " + run.runId);
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    PrintWriter table = spec.commandLine().getOut();
    if (target.model != null) {
      ExportOptions options = new ExportOptions(run.log, run.runId, epoch, target.model, overwrite);
      ExportedModel model = new ExportModelJob(conf, options).execute();
      CommandLines.writeJson(json, model, conf);
      table.printf(
          Locale.ROOT,
          "run %s, epoch %d: %d parameters, inputs %s scaled by %s, in %s%n",
          model.runId(),
          model.epoch(),
          model.parameters(),
          model.shape(),
          model.scaling().name().toLowerCase(Locale.ROOT),
          model.file());
    } else {
      ExportOptions options =
          new ExportOptions(run.log, run.runId, epoch, target.behaviours, overwrite);
      ExportedBehaviours behaviours = new ExportBehavioursJob(spark, options).execute();
      CommandLines.writeJson(json, behaviours, conf);
      table.printf(
          Locale.ROOT,
          "run %s, %d epochs: %d rows of %s in %s%n",
          behaviours.runId(),
          behaviours.epochs().size(),
          behaviours.rows(),
          String.join(", ", behaviours.columns()),
          behaviours.directory());
    }
    table.flush();
    return 0;
  }
}
