package io.holdfast.analysis.quality;

import static io.holdfast.analysis.GoldFiles.matrix;
import static io.holdfast.analysis.GoldFiles.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.analysis.GoldFiles;
import io.holdfast.analysis.logits.Logits;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class QualityGoldTest {
  private static final double TOLERANCE = 1e-9;

  private final JsonNode gold = GoldFiles.read("metrics.json");
  private final double[][] logits = matrix(gold.at("/ece/logits"));
  private final int[] labels = integers(gold.at("/ece/labels"));

  QualityGoldTest() throws IOException {}

  private static int[] integers(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }

  private static void assertClose(String what, Double found, double expected) {
    assertThat(found)
        .as(what)
        .isCloseTo(expected, within(TOLERANCE + TOLERANCE * Math.abs(expected)));
  }

  /** Null where there is nothing to take the mean of. */
  private static void assertClose(String what, Double found, JsonNode expected) {
    if (expected.isNull()) {
      assertThat(found).as(what).isNull();
    } else {
      assertClose(what, found, expected.asDouble());
    }
  }

  private QualitySums sums(QualityOptions options, double[][] human) {
    QualitySums odd = new QualitySums(options);
    QualitySums even = new QualitySums(options);
    for (int i = 0; i < labels.length; i++) {
      (i % 2 == 0 ? even : odd).add(labels[i], logits[i], human == null ? null : human[i]);
    }
    return odd.merge(even);
  }

  @TestFactory
  List<DynamicTest> ece() {
    return IntStream.range(0, gold.at("/ece/results").size())
        .mapToObj(i -> gold.at("/ece/results").get(i))
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.get("bins").asText() + " bins", () -> checkReliability(result)))
        .toList();
  }

  private void checkReliability(JsonNode expected) {
    QualityOptions options =
        new QualityOptions(List.of(), expected.get("bins").asInt(), HistogramBins.DEFAULT);
    List<ReliabilityBin> bins = sums(options, null).reliability();
    assertClose("ECE", ReliabilityBin.calibrationError(bins), expected.get("ece").asDouble());
    JsonNode filled = expected.get("nonempty");
    assertThat(bins).hasSize(filled.size());
    for (int i = 0; i < bins.size(); i++) {
      assertThat(bins.get(i).bin()).isEqualTo(filled.get(i).get(0).asInt());
      assertThat(bins.get(i).samples()).isEqualTo(filled.get(i).get(1).asLong());
      assertClose("accuracy", bins.get(i).accuracy(), filled.get(i).get(2).asDouble());
      assertClose("confidence", bins.get(i).confidence(), filled.get(i).get(3).asDouble());
    }
  }

  @Test
  void topk() {
    Map<Integer, JsonNode> accuracies = new TreeMap<>();
    gold.at("/topk/acc")
        .fields()
        .forEachRemaining(
            field -> accuracies.put(Integer.valueOf(field.getKey()), field.getValue()));
    assertThat(accuracies).isNotEmpty();
    List<Integer> ks = List.copyOf(accuracies.keySet());
    QualitySums sums = sums(new QualityOptions(ks, 15, HistogramBins.DEFAULT), null);
    for (int i = 0; i < ks.size(); i++) {
      assertClose("top-" + ks.get(i), sums.withinTop(i), accuracies.get(ks.get(i)));
    }
  }

  @Test
  void marginsAndEnergies() {
    double[] margins = vector(gold.at("/margin_energy/margin"));
    double[] energies = vector(gold.at("/margin_energy/conditional_energy_of_target"));
    for (int i = 0; i < labels.length; i++) {
      double own = logits[i][labels[i]];
      assertClose("margin " + i, own - Logits.bestOther(logits[i], labels[i]), margins[i]);
      assertClose("energy " + i, -own, energies[i]);
    }
    QualitySums sums = sums(QualityOptions.DEFAULT, null);
    assertClose(
        "mean energy",
        sums.mean(Quantity.LABEL_ENERGY),
        gold.at("/margin_energy/mean_energy_on_data").asDouble());
    assertClose(
        "mean other energy",
        sums.mean(Quantity.OTHER_ENERGY),
        gold.at("/margin_energy/mean_best_other_energy").asDouble());
  }

  @TestFactory
  List<DynamicTest> ood() throws IOException {
    return GoldFiles.tests("metrics.json", "ood", QualityGoldTest::checkScores);
  }

  private static void checkScores(JsonNode gold) {
    double[][] in = matrix(gold.get("logits_in"));
    double[][] out = matrix(gold.get("logits_out"));
    checkScore(gold.at("/out/max_prob"), OodScore.MAXIMUM_PROBABILITY, in, out);
    checkScore(gold.at("/out/neg_free_energy"), OodScore.NEGATIVE_FREE_ENERGY, in, out);
    checkScore(
        gold.at("/out/neg_min_conditional_energy"), OodScore.NEGATIVE_MINIMUM_ENERGY, in, out);
  }

  private static void checkScore(JsonNode expected, OodScore score, double[][] in, double[][] out) {
    Map<Double, long[]> groups = new TreeMap<>(Comparator.reverseOrder());
    count(groups, 0, score, in, vector(expected.get("in_scores")));
    count(groups, 1, score, out, vector(expected.get("out_scores")));
    Ranking ranking = new Ranking(in.length, out.length, List.of());
    groups.forEach((value, counts) -> ranking.add(value, counts[0], counts[1]));
    assertClose(score + " AUROC", ranking.auroc(), expected.get("auroc").asDouble());
    assertClose(score + " FPR95", ranking.fpr95(), expected.get("fpr95").asDouble());
    assertClose(score + " threshold", ranking.threshold(), expected.get("threshold").asDouble());
  }

  private static void count(
      Map<Double, long[]> groups, int side, OodScore score, double[][] logits, double[] scores) {
    for (int i = 0; i < logits.length; i++) {
      assertClose(score + " of " + i, score.of(logits[i]), scores[i]);
      groups.computeIfAbsent(score.of(logits[i]), value -> new long[2])[side]++;
    }
  }

  @Test
  void shot() {
    JsonNode shot = gold.get("shot");
    int[] of = integers(shot.get("labels"));
    int[] predicted = integers(shot.get("preds"));
    int[] counts = integers(shot.get("train_counts"));
    long[] labelled = new long[counts.length];
    long[] right = new long[counts.length];
    for (int i = 0; i < of.length; i++) {
      labelled[of[i]]++;
      right[of[i]] += of[i] == predicted[i] ? 1 : 0;
    }
    ShotAccuracy found =
        ShotAccuracy.of(IntStream.of(counts).asLongStream().toArray(), labelled, right);
    assertClose("many", found.many(), shot.at("/out/many"));
    assertClose("medium", found.medium(), shot.at("/out/medium"));
    assertClose("few", found.few(), shot.at("/out/few"));
  }

  @Test
  void humanUncertainty() {
    double[][] human = matrix(gold.at("/human_kl/human"));
    double[] expected = vector(gold.at("/human_kl/kl_per_sample"));
    for (int i = 0; i < human.length; i++) {
      assertClose("KL " + i, Logits.divergence(human[i], logits[i]), expected[i]);
    }
    assertClose(
        "mean over correct",
        sums(QualityOptions.DEFAULT, human).humanDivergence(),
        gold.at("/human_kl/mean_over_correct"));
  }
}
