package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.LocalSpark;
import io.holdfast.train.CommittedBytes;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole recipes, STD and FER, by {@code spark-submit} on a standalone cluster and on YARN with
 * HDFS: what they commit is what the same run commits in one local process, to the last byte.
 */
class RecipesIT extends LocalSpark {
  @TempDir private static Path directory;

  @BeforeAll
  static void importsHere() {
    spark();
  }

  @Test
  void theQuickstart() throws Exception {
    everywhere("quickstart", Recipe.QUICKSTART, 40);
  }

  /** Where {@code -Dholdfast.fashion-mnist=DIR} names the directory with the four files. */
  @Test
  void fashionMnist() throws Exception {
    String files = System.getProperty("holdfast.fashion-mnist", "");
    assumeThat(files).as("-Dholdfast.fashion-mnist").isNotEmpty();
    everywhere("fashion-mnist", Recipe.fashionMnist(Path.of(files)), 20);
  }

  private static void everywhere(String name, Recipe recipe, int epochs) throws Exception {
    Path table = directory.resolve(name);
    Path local = directory.resolve(name + "-local");
    Path standalone = directory.resolve(name + "-standalone");
    recipe.importTo(table.toString());
    for (String method : new String[] {"std", "fer"}) {
      recipe.trainHere(method, table, local);
    }
    try (StandaloneCluster cluster =
        StandaloneCluster.start(directory.resolve(name + "-daemons"))) {
      Path profile = cluster.profile("standalone");
      for (String method : new String[] {"std", "fer"}) {
        Launched.succeeds(
            Map.of(),
            recipe.train(
                method,
                table.toString(),
                standalone.toString(),
                "--master",
                cluster.master(),
                "--spark-profile",
                profile.toString(),
                "--executor-memory",
                "768m"));
        assertSame(method, epochs, standalone.toString(), local);
      }
    }
    try (YarnCluster yarn = YarnCluster.start(directory.resolve(name + "-hadoop"))) {
      recipe.importTo(yarn.path("/data"));
      for (String method : new String[] {"std", "fer"}) {
        Launched run = yarn.train(recipe, method, "/data", "/log", "cluster");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertSame(method, epochs, yarn.path("/log"), local);
      }
    }
  }

  private static void assertSame(String method, int epochs, String log, Path local) {
    Map<String, String> committed = CommittedBytes.of(log, method);
    assertThat(committed.keySet())
        .anyMatch(path -> path.contains(String.format(Locale.ROOT, "epoch-%05d", epochs)));
    assertThat(committed).isEqualTo(CommittedBytes.of(local.toString(), method));
  }
}
