package io.holdfast.train;

import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.attack.Attack;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/** What a shard does when it is attacked. Everything here runs on executors. */
final class AttackTasks {

  private AttackTasks() {}

  /**
   * What one shard tells.
   *
   * @param clean metrics without attack
   * @param adversarial metrics of every attack
   * @param files written and not yet committed
   */
  record Attacked(SplitMetrics clean, List<SplitMetrics> adversarial, List<LoggedFile> files)
      implements Serializable {}

  /**
   * How to attack.
   *
   * @param attacks one for every epsilon
   * @param randomStart seed of the random start; null for none
   */
  record Plan(List<Attack> attacks, Long randomStart) implements Serializable {}

  /**
   * Parent: samples, all with a label. Minibatches are those of an evaluation, so that the clean
   * logits are an evaluation's to the bit.
   *
   * @param to where the one attack's predictions are logged; null for nowhere
   */
  static ShardRdd.ShardFunction<Attacked> attack(
      Broadcast<AttackSpec> spec,
      Broadcast<RoundState> state,
      Broadcast<SerializableConfiguration> hadoop,
      Plan plan,
      ShardTasks.Destination to,
      int epoch) {
    return (shard, parents, task) -> {
      ShardSamples samples = parents.get(0);
      RunSpec run = spec.value().run();
      float[][] logits =
          TrainingHost.with(
              spec.value(),
              task,
              slot -> () -> logits(slot, run, samples, state.value().parameters(), plan));
      int classes = run.input().classes();
      List<SplitMetrics> adversarial = new ArrayList<>();
      for (int i = 1; i < logits.length; i++) {
        adversarial.add(SplitMetrics.of(samples, logits[i], classes));
      }
      List<LoggedFile> files = new ArrayList<>();
      if (to != null) {
        LogPart part = new LogPart(to.runId(), to.splits().get(0), LogPart.EVAL, epoch, shard);
        ShardTasks.log(hadoop.value().value(), to, part, samples, logits[1], null, files);
      }
      return new Attacked(SplitMetrics.of(samples, logits[0], classes), adversarial, files);
    };
  }

  /** Clean logits, then those under every attack; each {@code [samples, classes]} row-major. */
  private static float[][] logits(
      TrainingSlot<PixelInputs> slot,
      RunSpec run,
      ShardSamples samples,
      float[] parameters,
      Plan plan) {
    AttackedGraph network = (AttackedGraph) slot.network();
    NativeArrays.put(parameters, parameters.length, network.params());
    int classes = run.input().classes();
    PixelClassifier classifier = new PixelClassifier(network, slot.buffers(), classes);
    float[][] logits = new float[1 + plan.attacks().size()][samples.count() * classes];
    for (int start = 0; start < samples.count(); start += run.batchSize()) {
      int count = Math.min(run.batchSize(), samples.count() - start);
      double[][] pixels = PixelInputs.pixels(samples, start, count);
      place(classifier.logits(pixels), logits[0], start * classes);
      int[] labels = Arrays.copyOfRange(samples.labels(), start, start + count);
      for (int i = 0; i < plan.attacks().size(); i++) {
        slot.refuseWhenCancelled();
        Attack attack = plan.attacks().get(i);
        double[][] adversarial =
            plan.randomStart() == null
                ? attack.adversarial(classifier, pixels, labels)
                : attack.adversarial(
                    classifier, pixels, labels, start(samples, start, pixels, attack, plan));
        place(classifier.logits(adversarial), logits[1 + i], start * classes);
      }
    }
    return logits;
  }

  private static void place(float[] chunk, float[] logits, int at) {
    System.arraycopy(chunk, 0, logits, at, chunk.length);
  }

  /** From a sample's own stream, whatever batch it is in. */
  private static double[][] start(
      ShardSamples samples, int from, double[][] pixels, Attack attack, Plan plan) {
    double[][] start = new double[pixels.length][];
    for (int i = 0; i < pixels.length; i++) {
      SplittableRandom random =
          Seeds.stream(plan.randomStart(), Seeds.Purpose.ATTACK, samples.ids()[from + i]);
      start[i] = attack.start(random, pixels[i].length);
    }
    return start;
  }
}
