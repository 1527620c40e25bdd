package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import io.holdfast.method.SharedState.Field;
import io.holdfast.method.SharedState.Merge;
import io.holdfast.method.SharedStateValue.Contribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedStateValueTest {
  private static final List<Field> FIELDS =
      List.of(
          new Field("sums", 2, 3, Merge.SUM),
          new Field("learned", 1, 4, Merge.AVERAGE),
          new Field("targets", 3, 1, Merge.KEEP));

  @Test
  void splittingTheExamplesOverShardsChangesNoSum() throws Exception {
    Seeds.check(
        20,
        random -> {
          SharedStateValue base = randomValue(random);
          List<Contribution> shards = new ArrayList<>();
          double[] expected = base.array("sums").clone();
          for (int shard = 0; shard < 1 + random.nextInt(5); shard++) {
            SharedStateValue value = base.forShard();
            for (int j = 0; j < expected.length; j++) {
              double added = random.nextGaussian();
              value.array("sums")[j] += added;
              expected[j] += added;
            }
            shards.add(new Contribution(value, 1 + random.nextInt(50)));
          }
          Tolerance.FLOAT64.check(
              "sums", SharedStateValue.merge(base, shards).array("sums"), expected);
        });
  }

  @Test
  void learnedValuesAreAveragedByExamples() {
    SharedStateValue base = SharedStateValue.zeros(FIELDS);
    SharedStateValue one = base.forShard();
    SharedStateValue two = base.forShard();
    one.array("learned")[2] = 4;
    two.array("learned")[2] = 8;
    SharedStateValue merged =
        SharedStateValue.merge(base, List.of(new Contribution(one, 30), new Contribution(two, 10)));
    assertThat(merged.array("learned")).containsExactly(0, 0, 5, 0);
  }

  @Test
  void keptArraysStayTheSameBits() throws Exception {
    Seeds.check(
        20,
        random -> {
          SharedStateValue base = randomValue(random);
          SharedStateValue merged =
              SharedStateValue.merge(
                  base,
                  List.of(
                      new Contribution(base.forShard(), 3), new Contribution(base.forShard(), 7)));
          assertThat(merged.array("targets")).isEqualTo(base.array("targets"));
        });
  }

  @Test
  void aShardThatTrainedNothingChangesNothing() {
    SharedStateValue base = randomValue(new Random(3));
    SharedStateValue trained = base.forShard();
    trained.array("sums")[0] += 1;
    trained.array("learned")[0] -= 2;
    Contribution full = new Contribution(trained, 12);
    Contribution idle = new Contribution(base.forShard(), 0);
    assertThat(SharedStateValue.merge(base, List.of(idle, full, idle)))
        .isEqualTo(SharedStateValue.merge(base, List.of(full)));
    assertThat(SharedStateValue.merge(base, List.of(idle))).isEqualTo(base);
  }

  @Test
  void mergingChangesNeitherTheBaseNorTheShards() {
    SharedStateValue base = randomValue(new Random(4));
    SharedStateValue baseBefore = base.copy();
    SharedStateValue shard = randomValue(new Random(5));
    SharedStateValue shardBefore = shard.copy();
    SharedStateValue.merge(base, List.of(new Contribution(shard, 5)));
    assertThat(base).isEqualTo(baseBefore);
    assertThat(shard).isEqualTo(shardBefore);
  }

  @Test
  void refusesArraysOfAnotherMethod() {
    SharedStateValue base = SharedStateValue.zeros(FIELDS);
    SharedStateValue other = SharedStateValue.zeros(FIELDS.subList(0, 1));
    assertThatThrownBy(() -> SharedStateValue.merge(base, List.of(new Contribution(other, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Shared arrays differ");
  }

  @Test
  void aMethodThatSharesNothingAdvancesToNothing() {
    SharedStateValue none = SharedState.NONE.initial(null);
    assertThat(none.fields()).isEmpty();
    assertThat(SharedState.NONE.endEpoch(none, new EpochPosition(1, 1))).isEqualTo(none);
  }

  private static SharedStateValue randomValue(Random random) {
    SharedStateValue value = SharedStateValue.zeros(FIELDS);
    for (Field field : FIELDS) {
      double[] array = value.array(field.name());
      for (int j = 0; j < array.length; j++) {
        array[j] = random.nextGaussian();
      }
    }
    return value;
  }
}
