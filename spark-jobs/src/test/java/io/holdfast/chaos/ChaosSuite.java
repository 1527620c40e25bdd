package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs that are disturbed, each by one seed, and leave what the undisturbed run leaves: {@code mvn
 * verify -Pchaos}, with {@code -Dholdfast.chaos.first} and {@code -Dholdfast.chaos.seeds}.
 */
class ChaosSuite {
  private static final Map<ChaosPlan.Fault, List<Long>> RECOVERIES =
      new EnumMap<>(ChaosPlan.Fault.class);
  private static final Map<ChaosPlan.Fault, Integer> TRIED = new EnumMap<>(ChaosPlan.Fault.class);
  private static ChaosSetting setting;

  @BeforeAll
  static void open() throws IOException {
    setting = new ChaosSetting();
  }

  @AfterAll
  static void report() {
    setting.close();
    System.out.println("| fault | seeds | passed | recovery, median (s) | longest (s) |");
    System.out.println("|---|---|---|---|---|");
    TRIED.forEach(
        (fault, tried) -> {
          List<Long> times = RECOVERIES.getOrDefault(fault, List.of()).stream().sorted().toList();
          System.out.printf(
              Locale.ROOT,
              "| %s | %d | %d | %.1f | %.1f |%n",
              fault.words(),
              tried,
              times.size(),
              times.isEmpty() ? 0 : times.get(times.size() / 2) / 1e3,
              times.isEmpty() ? 0 : times.get(times.size() - 1) / 1e3);
        });
  }

  @TestFactory
  Stream<DynamicTest> disturbedRunsLeaveTheSame() {
    int first = Integer.getInteger("holdfast.chaos.first", 1);
    int seeds = Integer.getInteger("holdfast.chaos.seeds", 20);
    return IntStream.range(first, first + seeds)
        .mapToObj(ChaosPlan::of)
        .map(plan -> DynamicTest.dynamicTest(plan.toString(), () -> disturb(plan)));
  }

  private static void disturb(ChaosPlan plan) throws Exception {
    long started = System.currentTimeMillis();
    TRIED.merge(plan.fault(), 1, Integer::sum);
    Path log = setting.directory().resolve("seed-" + plan.seed());
    Path marker = setting.directory().resolve("seed-" + plan.seed() + ".struck");
    String outcome = "failed";
    long recovery = -1;
    try {
      ChaosSetting.Undisturbed undisturbed = setting.undisturbed(plan.run());
      recovery = new Disturbance(plan, setting, undisturbed, log, marker).execute();
      assertThat(ChaosLog.committed(log)).isEqualTo(undisturbed.committed());
      ChaosLog.assertNoLeftovers(log);
      RECOVERIES.computeIfAbsent(plan.fault(), fault -> new ArrayList<>()).add(recovery);
      outcome = "passed";
      FileUtil.fullyDelete(log.toFile());
    } catch (AssertionError | Exception e) {
      throw new AssertionError(
          plan + " failed; again: " + plan.replay() + "\n" + e.getMessage(), e);
    } finally {
      ChaosFileSystem.arm(null);
      setting.spark().sparkContext().setLocalProperty(ExecutorFaults.PROPERTY, null);
      String line =
          String.format(
              Locale.ROOT,
              "%d\t%s\t%s\t%s\t%.3f\t%.1f%n",
              plan.seed(),
              plan.fault(),
              plan.run().method(),
              outcome,
              recovery / 1e3,
              (System.currentTimeMillis() - started) / 1e3);
      System.out.print(line);
      Files.writeString(
          Path.of("target", "chaos.tsv"),
          line,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }
}
