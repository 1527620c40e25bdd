package io.holdfast.cli;

import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainingProgress;
import java.io.PrintStream;
import java.util.Locale;

/** One live line per epoch on a terminal, and a row for every epoch that exists. */
final class ConsoleProgress implements TrainingProgress {
  private final PrintStream out;
  private final boolean terminal;
  private int epochs;
  private int rounds;
  private int committed;
  private int epoch;
  private long runStarted;
  private long epochStarted;
  private long examples;
  private double lossSum;
  private boolean header;

  ConsoleProgress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public void started(String runId, int epochs, int committed, long samples, int rounds) {
    this.epochs = epochs;
    this.rounds = rounds;
    this.committed = committed;
    this.runStarted = System.nanoTime();
    out.printf(
        Locale.ROOT,
        "run %s: epochs %d to %d of %d samples, %d rounds each%n",
        runId,
        committed + 1,
        epochs,
        samples,
        rounds);
  }

  @Override
  public void epochStarted(int epoch) {
    this.epoch = epoch;
    epochStarted = System.nanoTime();
    examples = 0;
    lossSum = 0;
  }

  @Override
  public void roundDone(int round, long roundExamples, double roundLossSum) {
    examples += roundExamples;
    lossSum += roundLossSum;
    if (!terminal) {
      return;
    }
    double inEpoch = seconds(epochStarted);
    double done = epoch - 1 - committed + (round + 1.0) / rounds;
    double left = seconds(runStarted) / done * (epochs - committed - done);
    out.printf(
        Locale.ROOT,
        "\repoch %d/%d  round %d/%d  %,.0f samples/s  loss %.4f  %s left   ",
        epoch,
        epochs,
        round + 1,
        rounds,
        examples / inEpoch,
        lossSum / examples,
        duration(left));
    out.flush();
  }

  @Override
  public void epochCommitted(EpochSummary summary) {
    if (terminal) {
      out.print("\r\u001b[K");
    }
    if (!header) {
      header = true;
      StringBuilder titles = new StringBuilder("epoch  seconds  samples/s");
      for (String split : summary.splits().keySet()) {
        titles.append(String.format(Locale.ROOT, "  %20s", split + " loss  acc %"));
      }
      out.println(titles);
    }
    StringBuilder row =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%5d  %7.2f  %9.0f",
                summary.epoch(),
                summary.seconds(),
                examples / summary.seconds()));
    for (EpochSummary.Split split : summary.splits().values()) {
      row.append(
          String.format(Locale.ROOT, "  %12.4f  %6.2f", split.loss(), 100 * split.accuracy()));
    }
    out.println(row);
    out.flush();
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  static String duration(double seconds) {
    long whole = Math.max(0, Math.round(seconds));
    return whole < 60
        ? whole + "s"
        : whole < 3600
            ? whole / 60 + String.format(Locale.ROOT, "m%02ds", whole % 60)
            : whole / 3600 + String.format(Locale.ROOT, "h%02dm", whole % 3600 / 60);
  }
}
