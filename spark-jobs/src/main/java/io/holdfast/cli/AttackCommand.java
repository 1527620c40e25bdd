package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackKind;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.AttackJob;
import io.holdfast.train.AttackOptions;
import io.holdfast.train.AttackResult;
import io.holdfast.train.EpochChoice;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Attacks a trained model. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Changes the images of a split so that a trained model takes them for another class, and",
      "tells its accuracy before and after. Distances are in units of a pixel of 0 to 1, whatever",
      "scaling the model was trained with. What is attacked is the cross entropy of the labels.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast attack --log log --run-id fer --data data/cifar --attack fgsm --epsilon 8/255",
      "  holdfast attack --log log --run-id el --epoch best --data data/mnist --attack pgd-linf \\",
      "      --epsilon 0.1,0.2,0.3 --iterations 40 --random-start --seed 1 --json pgd.json",
      "  holdfast attack --log log --run-id el --data data/mnist --attack pgd-l2 --epsilon 1 --as l2",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 5 that scoring exists,",
      "6 cluster or I/O failure."
    })
final class AttackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private LoggedRun run;

  @Option(
      names = "--epoch",
      paramLabel = "last|best|N",
      converter = EpochConverter.class,
      defaultValue = "last",
      description = "Whose parameters; best has the highest validation accuracy. Default: last")
  private EpochChoice epoch;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table of images made by `holdfast import`.")
  private String data;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "The split to attack; all of it has labels. Default: test")
  private String split = "test";

  @Option(
      names = "--attack",
      required = true,
      paramLabel = "NAME",
      converter = AttackKindConverter.class,
      description =
          "fgsm: one step along the gradient's sign; pgd-linf: several, every pixel at most epsilon"
              + " away; pgd-l2: several along the gradient, the image at most epsilon away.")
  private AttackKind kind;

  @Option(
      names = "--epsilon",
      required = true,
      split = ",",
      paramLabel = "E",
      converter = FractionConverter.class,
      description = "The largest change, such as 8/255; several are separated by commas.")
  private List<Double> epsilons;

  @Option(
      names = "--step",
      paramLabel = "S",
      converter = FractionConverter.class,
      description = "Length of a step of pgd. Default: 2/255 (pgd-linf), 0.2 (pgd-l2)")
  private Double step;

  @Option(names = "--iterations", paramLabel = "N", description = "Steps of pgd. Default: 20")
  private Integer iterations;

  @Option(
      names = "--random-start",
      description = "Start pgd anywhere within epsilon, not at the image.")
  private boolean randomStart;

  @Option(names = "--seed", paramLabel = "N", description = "Of the random start. Default: 1")
  private Long seed;

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description =
          "Also log the predictions on the changed images, in the run's log as a split of this"
              + " name. For one epsilon.")
  private String name;

  @Option(names = "--overwrite", description = "Replace a scoring of that name and epoch.")
  private boolean overwrite;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the result as JSON.")
  private String json;

  @Override
  public Integer call() {
    AttackOptions options =
        new AttackOptions(
            run.log,
            run.runId,
            epoch,
            data,
            split,
            epsilons.stream().map(this::attack).toList(),
            start(),
            name,
            overwrite);
    SparkSession spark = SparkSessions.open("holdfast attack " + run.runId);
    AttackResult result = new AttackJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sparkContext().hadoopConfiguration());
    print(result, spec.commandLine().getOut());
    return 0;
  }

  private Attack attack(double epsilon) {
    double usual =
        switch (kind) {
          case FGSM -> 0;
          case PGD_LINF -> 2 / 255.0;
          case PGD_L2 -> 0.2;
        };
    return new Attack(
        kind,
        epsilon,
        step != null ? step : usual,
        iterations != null ? iterations : kind == AttackKind.FGSM ? 1 : 20);
  }

  private Long start() {
    if (seed != null && !randomStart) {
      throw new ParameterException(
          spec.commandLine(), "--seed is that of --random-start, which is missing");
    }
    return randomStart ? Long.valueOf(seed == null ? 1 : seed) : null;
  }

  private static void print(AttackResult result, PrintWriter to) {
    to.printf(Locale.ROOT, "run      %s, epoch %d%n", result.runId(), result.epoch());
    to.printf(Locale.ROOT, "samples  %d of %s%n", result.samples(), result.split());
    to.printf(Locale.ROOT, "attack   %s", result.attack());
    if (result.step() > 0) {
      to.printf(Locale.ROOT, ", %d steps of %.6f", result.iterations(), result.step());
    }
    if (result.randomStart() != null) {
      to.printf(Locale.ROOT, ", random start with seed %d", result.randomStart());
    }
    to.printf("%n%n");
    to.printf("%8s  %9s  %9s  %9s%n", "epsilon", "clean", "attacked", "top-1");
    to.printf("%8s  %9s  %9s  %9s%n", "", "accuracy", "accuracy", "error");
    for (AttackResult.Line line : result.results()) {
      to.printf(
          Locale.ROOT,
          "%8.5f  %7.2f %%  %7.2f %%  %7.2f %%%n",
          line.epsilon(),
          100 * result.cleanAccuracy(),
          100 * line.adversarialAccuracy(),
          100 * line.topOneError());
    }
    to.flush();
  }
}
