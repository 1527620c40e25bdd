package io.holdfast.analysis.similarity;

import static io.holdfast.analysis.GoldFiles.matrix;
import static io.holdfast.analysis.GoldFiles.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.analysis.GoldFiles;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ClassSimilarityGoldTest {
  private static final double TOLERANCE = 1e-7;

  @TestFactory
  List<DynamicTest> lda() throws IOException {
    return GoldFiles.tests("lda.json", "cases", ClassSimilarityGoldTest::check);
  }

  private static void check(JsonNode gold) {
    double[][] x = matrix(gold.get("X"));
    ScatterSums sums = new ScatterSums(gold.get("K").asInt(), x[0].length);
    for (int i = 0; i < x.length; i++) {
      sums.add(gold.get("y").get(i).asInt(), x[i]);
    }
    JsonNode out = gold.get("out");
    double shrinkage = out.get("shrinkage").asDouble();
    boolean centred = GoldFiles.flag(out.get("centered"));

    Discriminants discriminants = new Discriminants(sums, shrinkage);
    assertClose("priors", discriminants.priors(), vector(out.get("priors")));
    assertClose("class means", discriminants.means(), matrix(out.get("class_means")));
    assertClose("Sw", discriminants.within(), matrix(out.get("Sw")));
    assertClose("Sw shrunk", discriminants.shrunk(), matrix(out.get("Sw_shrunk")));
    assertClose(
        "eigenvalues", discriminants.eigenvalues(), vector(out.get("discriminant_eigenvalues")));

    ClassSimilarity all =
        ClassSimilarity.of(sums, new SimilarityOptions(shrinkage, centred, Integer.MAX_VALUE));
    assertClose("Gram", all.gram(), matrix(out.get("gram_of_projected_means")));
    assertClose("cosine", all.cosine(), matrix(out.get("cosine")));
    assertClose("s", all.unnormalized(), matrix(out.get("similarity_s")));
    assertClose("A", all.similarity(), matrix(out.get("A")));

    int directions = out.get("discriminant_eigenvalues").size();
    ClassSimilarity counted =
        ClassSimilarity.of(sums, new SimilarityOptions(shrinkage, centred, directions));
    assertClose("A by that many directions", counted.similarity(), matrix(out.get("A")));
  }

  private static void assertClose(String what, double[][] found, double[][] expected) {
    assertThat(found.length).as(what).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertClose(what + " row " + i, found[i], expected[i]);
    }
  }

  private static void assertClose(String what, double[] found, double[] expected) {
    assertThat(found.length).as(what).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i])
          .as(what + " " + i)
          .isCloseTo(expected[i], within(TOLERANCE + TOLERANCE * Math.abs(expected[i])));
    }
  }
}
