package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the native environment of real processes is checked for. */
class NativeEnvironmentIT {
  @TempDir private static Path directory;
  private static Path data;

  @BeforeAll
  static void importData() throws Exception {
    data = LauncherProcess.importDigits(directory.resolve("data"));
  }

  @Test
  void executorsOfAnotherNativeEnvironmentAreRefused() throws Exception {
    Path out = directory.resolve("other");
    int exitCode =
        LauncherProcess.run(
            LauncherProcess.training(
                data,
                out,
                "--master",
                "local-cluster[1,1,1024]",
                "--executor-memory",
                "1024m",
                "--spark-conf",
                "spark.executorEnv.OMP_NUM_THREADS=2"));
    assertThat(exitCode).isEqualTo(5);
    assertThat(out.resolve("runs/run/commits/epoch-00001.json")).doesNotExist();
  }

  @Test
  void tasksOfSeveralOpenMpThreadsTrainBesideEachOther() throws Exception {
    Path out = directory.resolve("openmp");
    ProcessBuilder training =
        LauncherProcess.of(LauncherProcess.training(data, out, "--master", "local[2]"));
    training.environment().put("OMP_NUM_THREADS", "2");
    Process process = training.start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(out.resolve("runs/run/commits/epoch-00004.json")).exists();
  }

  @Test
  void tooLittleOffHeapMemoryIsSaidBeforeTraining() throws Exception {
    for (List<String> launcher :
        List.of(
            List.of("--master", "local[1]"),
            List.of("--master", "local-cluster[1,1,1024]", "--executor-memory", "1024m"))) {
      Path out = directory.resolve("little");
      List<String> command =
          new ArrayList<>(
              List.of(LauncherProcess.training(data, out, launcher.toArray(String[]::new))));
      command.addAll(List.of("--native-memory", "100m"));
      Process process =
          LauncherProcess.of(command.toArray(String[]::new))
              .redirectOutput(ProcessBuilder.Redirect.PIPE)
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isEqualTo(3);
      assertThat(said)
          .containsPattern(
              "holdfast: Too little off-heap memory in (this process|an executor): 100 MiB"
                  + " \\(expected --native-memory \\d+m or more\\)");
      assertThat(out.resolve("runs")).doesNotExist();
    }
  }
}
