package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** However many sizes batches have, two arrays stay. */
class BatchArraysTest {
  private static final int BATCH = 32;

  private static void assertTwoStay(IntFunction<INDArray> ofCount) {
    Set<INDArray> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    IntStream counts =
        IntStream.concat(
            IntStream.rangeClosed(1, BATCH), IntStream.iterate(BATCH, i -> i > 0, i -> i - 1));
    counts.forEach(
        count -> {
          INDArray array = ofCount.apply(count);
          assertThat(array.size(0)).isEqualTo(count);
          assertThat(array.wasClosed()).isFalse();
          seen.add(array);
          assertThat(seen.stream().filter(any -> !any.wasClosed()).count()).isLessThanOrEqualTo(2);
        });
    INDArray whole = ofCount.apply(BATCH);
    assertThat(ofCount.apply(BATCH)).isSameAs(whole);
    INDArray last = ofCount.apply(3);
    assertThat(ofCount.apply(BATCH)).isSameAs(whole);
    assertThat(ofCount.apply(3)).isSameAs(last);
  }

  @Test
  void ofAnyBatches() {
    BatchArrays arrays = new BatchArrays();
    assertTwoStay(count -> arrays.of(count, 3));
  }

  @Test
  void ofImagesUnderAttack() {
    InputSpec input =
        new InputSpec(
            new int[] {1, 4, 4}, 10, FeatureScaling.NONE, new double[1], new double[] {1});
    PixelInputs pixels = new PixelInputs(input);
    assertTwoStay(count -> pixels.scaled(new double[count][16]));
  }

  @Test
  void ofDataSets() {
    DataSetTraining.Buffers buffers = new DataSetTraining.Buffers();
    float[][] examples = new float[BATCH][5];
    int[] order = IntStream.range(0, BATCH).toArray();
    assertTwoStay(count -> buffers.fill("features", new long[] {5}, examples, order, 0, count));
  }
}
