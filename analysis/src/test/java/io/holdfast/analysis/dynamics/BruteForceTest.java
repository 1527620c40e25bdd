package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The analysis against loops over the matrix of right answers, on random runs in three logs, one
 * for each kind of selected epoch; with {@code -Plong} on 1,002 runs.
 */
class BruteForceTest {
  private static final int ROOTS = 3;
  private static final int RUNS_A_ROOT = Integer.getInteger("holdfast.random-runs", 60);
  private static final int BROKEN_ROOTS = 4;

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;

  /** One series: its names and whether each [epoch][sample] is right. */
  private record Truth(String runId, String split, boolean[][] correct) {}

  private String replay() {
    return "replay with: mvn -pl analysis test -Dtest=BruteForceTest -Dholdfast.random-runs="
        + RUNS_A_ROOT
        + " -Dholdfast.seed="
        + seed;
  }

  private static boolean[][] randomMatrix(Random random, int epochs) {
    int samples = random.nextInt(8) == 0 ? 1 : 1 + random.nextInt(12);
    boolean[][] correct = new boolean[epochs][samples];
    for (int i = 0; i < samples; i++) {
      int kind = random.nextInt(6);
      double changes = random.nextDouble() * random.nextDouble();
      boolean right = random.nextBoolean();
      for (int e = 0; e < epochs; e++) {
        right ^= random.nextDouble() < changes;
        correct[e][i] = kind != 0 && (kind == 1 || right);
      }
    }
    return correct;
  }

  private static int randomEpochs(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> 1;
      case 1 -> 63 + random.nextInt(3);
      case 2 -> 127 + random.nextInt(3);
      case 3 -> 1 + random.nextInt(300);
      default -> 1 + random.nextInt(40);
    };
  }

  @Test
  void theAnalysisEqualsBruteForceOnRandomRuns() throws Exception {
    for (int root = 0; root < ROOTS; root++) {
      Random random = new Random(seed * 31 + root);
      List<Truth> truths = new ArrayList<>();
      for (int run = 0; run < RUNS_A_ROOT; run++) {
        int epochs = randomEpochs(random);
        String runId = String.format(Locale.ROOT, "%03d", run);
        truths.add(new Truth(runId, "test", randomMatrix(random, epochs)));
        truths.add(new Truth(runId, "validation", randomMatrix(random, epochs)));
      }
      Path log = directory.resolve("log" + root);
      try (ForeignLog foreign = new ForeignLog()) {
        for (Truth truth : truths) {
          foreign.add(truth.runId, truth.split, LogPart.EVAL, truth.correct);
        }
        foreign.write(log);
      }
      Selection selection =
          List.of(Selection.LAST, Selection.parse("best:validation"), Selection.parse("1"))
              .get(root);
      Path out = directory.resolve("out" + root);
      AnalyzeResult result = analyze(log, out, selection);
      compare(truths, selection, result, out, "root " + root + "; " + replay());
    }
  }

  private static AnalyzeResult analyze(Path log, Path out, Selection selection) {
    return new AnalyzeJob(
            LocalSpark.open(),
            new AnalyzeOptions(
                new LogRoot(log.toString()),
                List.of(),
                List.of(),
                selection,
                out.toString(),
                SimilarityOptions.DEFAULT))
        .execute();
  }

  private static int selected(Truth truth, Selection selection, Map<String, Truth> validation) {
    return switch (selection.kind()) {
      case LAST -> truth.correct.length;
      case EPOCH -> selection.epoch();
      case BEST -> {
        boolean[][] correct = validation.get(truth.runId).correct;
        int best = 0;
        for (int e = 1; e < correct.length; e++) {
          best = right(correct[e]) > right(correct[best]) ? e : best;
        }
        yield best + 1;
      }
    };
  }

  private static int right(boolean[] correct) {
    int right = 0;
    for (boolean one : correct) {
      right += one ? 1 : 0;
    }
    return right;
  }

  private static void compare(
      List<Truth> truths, Selection selection, AnalyzeResult result, Path out, String replay)
      throws Exception {
    Map<String, Truth> validation = new TreeMap<>();
    truths.stream()
        .filter(truth -> truth.split.equals("validation"))
        .forEach(truth -> validation.put(truth.runId, truth));
    List<String> metrics = new ArrayList<>();
    List<String> dynamics = new ArrayList<>();
    List<String> flipped = new ArrayList<>();
    for (Truth truth : truths) {
      String names = truth.runId + " " + truth.split + " eval ";
      expectMetrics(truth, names, metrics);
      int epoch = selected(truth, selection, validation);
      for (int i = 0; i < truth.correct[0].length; i++) {
        expectSample(truth, i, epoch, names, dynamics, flipped);
      }
      assertThat(result.comparison())
          .as(replay)
          .filteredOn(line -> line.runId().equals(truth.runId) && line.split().equals(truth.split))
          .extracting(line -> line.selected().epoch())
          .containsExactly(epoch);
    }
    assertThat(
            ForeignLog.rows(
                "select * from " + ForeignLog.table(out, "epoch_metrics") + " order by all"))
        .as(replay)
        .containsExactlyInAnyOrderElementsOf(metrics);
    assertThat(
            ForeignLog.rows(
                "select run_id, split, phase, sample_id, label, epochs, first_learned, "
                    + "last_learned, forgetting_events, ever_correct, final_correct from "
                    + ForeignLog.table(out, "sample_dynamics")))
        .as(replay)
        .containsExactlyInAnyOrderElementsOf(dynamics);
    assertThat(ForeignLog.rows("select * from " + ForeignLog.table(out, "flipped_samples")))
        .as(replay)
        .containsExactlyInAnyOrderElementsOf(flipped);
    assertThat(result.epochMetrics()).as(replay).hasSize(metrics.size());
  }

  private static void expectMetrics(Truth truth, String names, List<String> metrics) {
    int samples = truth.correct[0].length;
    boolean[] ever = new boolean[samples];
    for (int e = 0; e < truth.correct.length; e++) {
      int wrong = 0;
      int wfs = 0;
      double loss = 0;
      for (int i = 0; i < samples; i++) {
        boolean right = truth.correct[e][i];
        wrong += right ? 0 : 1;
        wfs += !right && ever[i] ? 1 : 0;
        loss += ForeignLog.loss(ForeignLog.id(i), right);
      }
      for (int i = 0; i < samples; i++) {
        ever[i] |= truth.correct[e][i];
      }
      metrics.add(
          names
              + (e + 1)
              + " "
              + samples
              + " "
              + samples
              + " "
              + loss / samples
              + " "
              + (double) (samples - wrong) / samples
              + " "
              + wrong
              + " "
              + wfs
              + " "
              + (double) wfs / samples
              + " "
              + (wrong == 0 ? null : (double) wfs / wrong));
    }
  }

  private static void expectSample(
      Truth truth,
      int sample,
      int selected,
      String names,
      List<String> dynamics,
      List<String> flipped) {
    boolean[][] correct = truth.correct;
    Integer first = null;
    Integer last = null;
    Integer lastCorrect = null;
    int events = 0;
    for (int epoch = 1; epoch <= correct.length; epoch++) {
      boolean now = correct[epoch - 1][sample];
      boolean before = epoch > 1 && correct[epoch - 2][sample];
      if (now && !before) {
        last = epoch;
        first = first == null ? last : first;
      }
      if (before && !now) {
        events++;
      }
      if (now && epoch < selected) {
        lastCorrect = epoch;
      }
    }
    long id = ForeignLog.id(sample);
    long label = id & 1;
    dynamics.add(
        names
            + id
            + " "
            + label
            + " "
            + correct.length
            + " "
            + first
            + " "
            + last
            + " "
            + events
            + " "
            + (first != null)
            + " "
            + correct[correct.length - 1][sample]);
    if (!correct[selected - 1][sample] && lastCorrect != null) {
      flipped.add(
          names
              + id
              + " "
              + label
              + " "
              + selected
              + " "
              + (1 - label)
              + " "
              + first
              + " "
              + lastCorrect);
    }
  }

  @Test
  void aGapOrADoubleRowIsRefusedAndNamed() throws Exception {
    for (int root = 0; root < BROKEN_ROOTS; root++) {
      Random random = new Random(seed * 17 + root);
      boolean missing = random.nextBoolean();
      int epochs = 2 + random.nextInt(100);
      boolean[][] correct = randomMatrix(random, epochs);
      int epoch = 1 + random.nextInt(epochs - 1);
      int sample = random.nextInt(correct[0].length);
      Path log = directory.resolve("broken" + root);
      try (ForeignLog foreign = new ForeignLog()) {
        foreign.add("whole", "test", LogPart.EVAL, randomMatrix(random, 5));
        foreign.add("broken", "test", LogPart.EVAL, correct);
        if (correct[0].length == 1) {
          foreign.add("broken", "test", LogPart.EVAL, new boolean[epochs][2]);
          foreign
              .flush()
              .execute(
                  "delete from p where sample_id <> "
                      + ForeignLog.id(1)
                      + " and run_id = 'broken'");
          sample = 1;
          missing = false;
        }
        String where =
            "run_id = 'broken' and epoch = " + epoch + " and sample_id = " + ForeignLog.id(sample);
        foreign
            .flush()
            .execute(
                missing ? "delete from p where " + where : "insert into p from p where " + where);
        foreign.write(log);
      }
      Path out = directory.resolve("none" + root);
      HoldfastException refused =
          catchThrowableOfType(HoldfastException.class, () -> analyze(log, out, Selection.LAST));
      assertThat(refused).as(replay()).isNotNull();
      assertThat(refused.exitCode()).as(replay()).isEqualTo(ExitCode.BAD_LOG);
      assertThat(refused.getMessage())
          .as(replay())
          .contains(
              "run broken, split test, phase eval, epoch "
                  + epoch
                  + ": 1 rows "
                  + (missing ? "missing" : "too many")
                  + ", for example of sample "
                  + ForeignLog.id(sample));
      assertThat(out).doesNotExist();
    }
  }
}
