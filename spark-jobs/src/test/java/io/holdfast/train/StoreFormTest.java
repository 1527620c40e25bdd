package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The forms of a row in the behaviour store, against a brute-force reading of their definition. */
class StoreFormTest {
  private static final int LENGTH = 37;
  private static final List<Integer> LENGTHS = List.of(LENGTH, 1);

  @Test
  void keepsTheLargestValuesAndTheMeanOfTheOthers() {
    for (int seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int top = 1 + random.nextInt(LENGTH);
      double[] row = row(random, 6); // Few values, so that there are equal ones.
      double[] expected = row.clone();
      List<Integer> descending =
          IntStream.range(0, LENGTH)
              .boxed()
              .sorted(Comparator.<Integer>comparingDouble(i -> -row[i]).thenComparingInt(i -> i))
              .toList();
      List<Integer> others = descending.subList(top, LENGTH);
      double mean = others.stream().mapToDouble(i -> row[i]).average().orElse(0);
      others.forEach(i -> expected[i] = (float) mean);
      assertThat(readBack(new StoreForm(LENGTHS, false, top), row))
          .as("seed %d, top %d", seed, top)
          .containsExactly(expected, within(1e-7));
    }
  }

  @Test
  void keepsTheSumOfAField() {
    SplittableRandom random = new SplittableRandom(1);
    double[] row = row(random, 1000);
    double sum = IntStream.range(0, LENGTH).mapToDouble(i -> row[i]).sum();
    double[] back = readBack(new StoreForm(LENGTHS, false, 5), row);
    assertThat(IntStream.range(0, LENGTH).mapToDouble(i -> back[i]).sum())
        .isCloseTo(sum, within(1e-5));
  }

  @Test
  void halfKeepsElevenBitsAndStaysFinite() {
    double[] row = new double[LENGTH + 1];
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < row.length; i++) {
      row[i] = Math.scalb(1 + random.nextDouble(), random.nextInt(-13, 13));
    }
    double[] back = readBack(new StoreForm(LENGTHS, true, 0), row);
    for (int i = 0; i < row.length; i++) {
      assertThat(back[i]).isCloseTo(row[i], within(row[i] / 2048));
    }
    row[0] = 1e9;
    row[1] = -1e9;
    back = readBack(new StoreForm(LENGTHS, true, 0), row);
    assertThat(back[0]).isEqualTo(65504);
    assertThat(back[1]).isEqualTo(-65504);
  }

  @Test
  void whatWasReadIsWrittenAsItWas() {
    for (StoreForm form :
        List.of(
            new StoreForm(LENGTHS, false, 0),
            new StoreForm(LENGTHS, true, 0),
            new StoreForm(LENGTHS, true, 7))) {
      double[] once = readBack(form, row(new SplittableRandom(3), 1000));
      double[] twice = readBack(form, once);
      for (int i = 0; i < once.length; i++) {
        // The mean of equal values may be rounded once more.
        assertThat(twice[i]).isCloseTo(once[i], within(1e-3 * Math.abs(once[i])));
      }
    }
  }

  @Test
  void saysHowManyBytesASampleTakes() {
    List<Integer> thousand = List.of(1000, 1);
    assertThat(BehaviourShard.bytesPerSample(new StoreForm(thousand, false, 0))).isEqualTo(4012);
    assertThat(BehaviourShard.bytesPerSample(new StoreForm(thousand, true, 0))).isEqualTo(2010);
    assertThat(BehaviourShard.bytesPerSample(new StoreForm(thousand, true, 16))).isEqualTo(76);
    assertThat(BehaviourShard.bytesPerSample(new StoreForm(List.of(), true, 16))).isZero();
  }

  @Test
  void refusesAShardThatNoArrayHolds() {
    assertThatThrownBy(
            () -> BehaviourShard.empty(new long[600_000], new StoreForm(List.of(1000), false, 0)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("600,000 samples")
        .hasMessageContaining("more train.workers");
  }

  @Test
  void refusesFilesOfAnotherForm() {
    StoreForm half = new StoreForm(LENGTHS, true, 0);
    byte[] bytes = BehaviourShard.empty(new long[] {1, 2}, half).toBytes();
    assertThat(BehaviourShard.fromBytes(bytes, half, "f").ids()).containsExactly(1, 2);
    for (StoreForm other :
        List.of(new StoreForm(LENGTHS, false, 0), new StoreForm(LENGTHS, true, 5))) {
      assertThatThrownBy(() -> BehaviourShard.fromBytes(bytes, other, "f"))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("Damaged behaviour store f");
    }
  }

  private static double[] row(SplittableRandom random, int values) {
    double[] row = new double[LENGTH + 1];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (random.nextInt(values) / (double) values);
    }
    return row;
  }

  /** Through a shard of two samples, the second one. */
  private static double[] readBack(StoreForm form, double[] row) {
    BehaviourShard shard = BehaviourShard.empty(new long[] {7, 8}, form);
    shard.write(1, row);
    double[] back = new double[row.length];
    BehaviourShard.fromBytes(shard.toBytes(), form, "file").read(1, back);
    return back;
  }
}
