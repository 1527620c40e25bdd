package io.holdfast.benchmark;

import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import io.holdfast.train.TrainingProgress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A whole run of Holdfast, with its log and commits, that waits before each epoch until it is asked
 * for. An epoch is measured from there to its commit.
 */
final class HoldfastEngine implements Engine {
  private static final int MANY_EPOCHS = 10_000;
  private static final int DIGITS_BATCH = 32;
  private static final int DIGITS_HIDDEN = 128;
  private static final int STEPS = 400;
  private static final String TEACHER = "teacher";
  private static final Pattern ABOUT_ROUNDS = Pattern.compile("(rounds|tasks|jobs) (\\d+)");

  private final SparkSession spark;
  private final TrainOptions options;
  private final int workers;
  private final BlockingQueue<Boolean> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<Double> done = new LinkedBlockingQueue<>();
  private final RoundClock clock = new RoundClock();
  private volatile int rounds;
  private Thread run;

  HoldfastEngine(
      SparkSession spark,
      Map<String, String> network,
      String data,
      Path directory,
      int workers,
      String method) {
    this.spark = spark;
    this.workers = workers;
    Map<String, String> config = new LinkedHashMap<>(network);
    config.put("method", method);
    config.putAll(settings(method));
    config.put("train.workers", "" + workers);
    config.put("train.epochs", "" + MANY_EPOCHS);
    this.options =
        new TrainOptions(
            config, data, directory.resolve("log").toString(), "benchmark", false, false);
  }

  /**
   * Options with which a method costs in every epoch but the first what it can cost: teachers from
   * the second epoch on, and records that are replaced in every one.
   */
  static Map<String, String> settings(String method) {
    return switch (method) {
      case "kd" -> Map.of("kd.teacher", TEACHER);
      case "lwr" -> Map.of("lwr.interval", "1");
      case "sd" -> Map.of("sd.generations", "" + MANY_EPOCHS);
      default -> Map.of();
    };
  }

  @Override
  public double seconds(String question) throws InterruptedException {
    if (question.equals("steps")) {
      return digitsSteps();
    }
    Matcher aboutRounds = ABOUT_ROUNDS.matcher(question);
    if (aboutRounds.matches()) {
      int epoch = Integer.parseInt(aboutRounds.group(2));
      return switch (aboutRounds.group(1)) {
        case "rounds" -> clock.roundSeconds(epoch);
        case "tasks" -> clock.taskSeconds(epoch);
        default -> (double) clock.jobs(epoch) / rounds;
      };
    }
    if (run == null) {
      spark.sparkContext().addSparkListener(clock);
      run = new Thread(this::train, "run");
      run.setDaemon(true);
      run.start();
    }
    asked.put(true);
    return done.take();
  }

  private void train() {
    try {
      if (options.config().containsValue(TEACHER)) {
        new TrainJob(spark, teacher(), new WaitingProgress()).execute();
      }
      new TrainJob(spark, options, new WaitingProgress()).execute();
    } catch (RuntimeException | Error e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1); // The question that waits for an answer gets none.
    }
  }

  /** A run of one epoch, which counts as an epoch of the warm-up. */
  private TrainOptions teacher() {
    Map<String, String> config = new LinkedHashMap<>(options.config());
    settings("kd").keySet().forEach(config::remove);
    config.put("method", "std");
    config.put("train.epochs", "1");
    return new TrainOptions(config, options.data(), options.out(), TEACHER, false, false);
  }

  /** The steps of an epoch of a worker with its even share of the digits, alone on its core. */
  private double digitsSteps() {
    DatasetDescriptor data = SampleTable.open(spark, options.data()).descriptor();
    double step =
        StepEngine.median(
            Networks.mlp(data.inputSize(), DIGITS_HIDDEN),
            Nd4j.rand(DIGITS_BATCH, data.inputSize()),
            STEPS);
    return step * Math.ceil((double) data.samples(SampleTable.TRAIN) / workers / DIGITS_BATCH);
  }

  private final class WaitingProgress implements TrainingProgress {
    private long start;

    @Override
    public void started(String runId, int epochs, int committed, long samples, int count) {
      rounds = count;
    }

    @Override
    public void epochStarted(int epoch) {
      try {
        asked.take();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      start = System.nanoTime();
    }

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      done.add((System.nanoTime() - start) / 1e9);
    }
  }
}
