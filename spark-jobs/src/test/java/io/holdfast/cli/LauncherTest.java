package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.security.DeserialisationFilter;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.lang.invoke.SerializedLambda;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.BadAttributeValueExpException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's command line, from a copy below a path with blanks, against empty jars. */
class LauncherTest {
  private static final Path SCRIPTS = Path.of("..", "submit-scripts").toAbsolutePath().normalize();

  @TempDir Path temporary;
  private Path root;

  @BeforeEach
  void aBuildBelowAPathWithBlanks() throws IOException {
    root = temporary.resolve("a path's home");
    Path lib = Files.createDirectories(root.resolve("spark-jobs/target/holdfast/lib"));
    Files.createDirectories(root.resolve("submit-scripts"));
    Files.createDirectories(root.resolve("conf/spark"));
    for (String script : List.of("holdfast", "local-cluster", "quickstart", "fashion-mnist")) {
      Files.copy(SCRIPTS.resolve(script), root.resolve("submit-scripts").resolve(script));
    }
    Files.createFile(lib.resolve("holdfast-analysis-9.jar"));
    Files.createFile(lib.resolve("holdfast-spark-jobs-9.jar"));
    Files.createFile(lib.resolve("nd4j-native-9.jar"));
    Files.writeString(root.resolve("conf/spark/small.conf"), "spark.cores.max 1\n");
    Files.writeString(
        lib.resolveSibling("build.properties"),
        "native.extension=-onednn\nscala.binary.version=2.12\n");
  }

  @Test
  void theEmbeddedSparkRunsWhatNeedsIt() throws IOException, InterruptedException {
    List<String> words = words(launch(Map.of(), "train", "--data", "d", "--dry-run"));
    assertThat(words)
        .contains("org.apache.spark.deploy.SparkSubmit")
        .containsSequence("--master", "local[*]")
        .containsSequence("--class", "io.holdfast.cli.Holdfast")
        .contains("spark.executor.extraClassPath=" + root + "/spark-jobs/target/holdfast/lib/*")
        .endsWith("spark-internal", "train", "--data", "d");
  }

  @Test
  void everyWordSurvivesTheShell() throws IOException, InterruptedException {
    String awkward = "a 'quoted' \"value\" with $HOME, `date`, \\ and *";
    List<String> words =
        words(
            launch(Map.of(), "train", "--dry-run", "--conf", "k=" + awkward, "", "--x=" + awkward));
    assertThat(words).endsWith("train", "--conf", "k=" + awkward, "", "--x=" + awkward);
  }

  @Test
  void optionsOfTheLauncherAreTakenOutWhereverTheyStand() throws IOException, InterruptedException {
    List<String> words =
        words(
            launch(
                Map.of(),
                "train",
                "--data",
                "d",
                "--master=local-cluster[2,1,3072]",
                "--driver-memory",
                "3gb",
                "--out",
                "o",
                "--executor-memory",
                "2g",
                "--spark-conf",
                "spark.a=1 2",
                "--spark-conf=spark.a=3",
                "--dry-run"));
    assertThat(words)
        .contains("-Xmx3g")
        .containsSequence("--master", "local-cluster[2,1,3072]")
        .containsSequence("--conf", "spark.executor.memory=2g")
        .endsWith(
            "--conf",
            "spark.a=1 2",
            "--conf",
            "spark.a=3",
            "spark-internal",
            "train",
            "--data",
            "d",
            "--out",
            "o");
  }

  @Test
  void whatFollowsTwoDashesIsLeftAlone() throws IOException, InterruptedException {
    List<String> words = words(launch(Map.of(), "train", "--dry-run", "--", "--master", "x"));
    assertThat(words)
        .endsWith("train", "--", "--master", "x")
        .containsSequence("--master", "local[*]");
  }

  @Test
  void executorsGetTheNativeEnvironmentOfTheDriver() throws IOException, InterruptedException {
    Map<String, String> environment =
        Map.of("OMP_NUM_THREADS", "2", "OPENBLAS_CORETYPE", "ZEN", "ONEDNN_MAX_CPU_ISA", "AVX2");
    List<String> words = words(launch(environment, "train", "--dry-run"));
    assertThat(words)
        .contains(
            "OMP_NUM_THREADS=2",
            "OPENBLAS_CORETYPE=ZEN",
            "spark.executorEnv.OMP_NUM_THREADS=2",
            "spark.executorEnv.OPENBLAS_CORETYPE=ZEN",
            "spark.executorEnv.ONEDNN_MAX_CPU_ISA=AVX2",
            "-Dorg.bytedeco.javacpp.platform.extension=-onednn",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");
    assertThat(words)
        .filteredOn(word -> word.startsWith("spark.executor.defaultJavaOptions="))
        .singleElement()
        .asString()
        .contains("-Dorg.bytedeco.javacpp.platform.extension=-onednn")
        .contains("-Dorg.eclipse.deeplearning4j.helpers.disable=false")
        .contains(" \"-Dorg.bytedeco.javacpp.cachedir=" + root);
  }

  @Test
  void withoutAClusterSparkListensOnTheLoopbackOnly() throws IOException, InterruptedException {
    assertThat(words(launch(Map.of(), "train", "--dry-run"))).contains("SPARK_LOCAL_IP=127.0.0.1");
    assertThat(words(launch(Map.of(), "train", "--master", "local-cluster[2,1,1024]", "--dry-run")))
        .contains("SPARK_LOCAL_IP=127.0.0.1");
    assertThat(words(launch(Map.of(), "train", "--master", "spark://host:7077", "--dry-run")))
        .noneMatch(word -> word.startsWith("SPARK_LOCAL_IP="));
    assertThat(words(launch(Map.of("SPARK_LOCAL_IP", "10.0.0.1"), "train", "--dry-run")))
        .contains("SPARK_LOCAL_IP=10.0.0.1");
  }

  @Test
  void gpuExecutorsGetTheCudaBuildAndADiscoveryScript() throws IOException, InterruptedException {
    Files.writeString(root.resolve("conf/spark/devices.conf"), "spark.holdfast.device gpu\n");
    String[] train = {
      "train", "--dry-run", "--spark-profile", "devices", "--master", "spark://host:7077"
    };
    String classPath = "spark.executor.extraClassPath=" + root + "/spark-jobs/target/holdfast/";
    List<String> words = words(launch(Map.of(), train));
    assertThat(words)
        .contains(classPath + "lib/*:" + root + "/spark-jobs/target/holdfast/cuda/*")
        .contains(
            "spark.executor.resource.gpu.discoveryScript=" + root + "/submit-scripts/gpu-discovery")
        .noneMatch(word -> word.startsWith("/") && word.contains("cuda"));
    assertThat(words(launch(Map.of("HOLDFAST_CUDA_JARS", "/opt/cuda jars"), train)))
        .contains(classPath + "lib/*:/opt/cuda jars/*");
    assertThat(words(launch(Map.of(), "train", "--dry-run")))
        .noneMatch(word -> word.contains("cuda") || word.contains("gpu"));
  }

  @Test
  void everyProcessMakesObjectsOfListedPackagesOnly() throws IOException, InterruptedException {
    List<String> words = words(launch(Map.of(), "train", "--dry-run"));
    String filter =
        words.stream().filter(word -> word.startsWith("-Djdk.serialFilter=")).findFirst().get();
    assertThat(filter).isEqualTo("-Djdk.serialFilter=" + DeserialisationFilter.PATTERN);
    assertThat(words)
        .filteredOn(word -> word.startsWith("spark.executor.defaultJavaOptions="))
        .singleElement()
        .asString()
        .contains(" " + filter + " ");
    ObjectInputFilter accepted =
        ObjectInputFilter.Config.createFilter(filter.substring("-Djdk.serialFilter=".length()));
    for (Class<?> one : List.of(HashMap.class, SerializedLambda.class, SparkConf.class)) {
      assertThat(accepted.checkInput(new Asked(one))).isEqualTo(ObjectInputFilter.Status.ALLOWED);
    }
    for (Class<?> one : List.of(BadAttributeValueExpException.class, Test.class)) {
      assertThat(accepted.checkInput(new Asked(one))).isEqualTo(ObjectInputFilter.Status.REJECTED);
    }
  }

  /** What a stream asks a filter about a class. */
  private record Asked(Class<?> serialClass) implements ObjectInputFilter.FilterInfo {
    @Override
    public long arrayLength() {
      return -1;
    }

    @Override
    public long depth() {
      return 1;
    }

    @Override
    public long references() {
      return 1;
    }

    @Override
    public long streamBytes() {
      return 1;
    }
  }

  @Test
  void theHelpersCanBeTurnedOff() throws IOException, InterruptedException {
    assertThat(words(launch(Map.of("HOLDFAST_HELPERS", "off"), "train", "--dry-run")))
        .contains("-Dorg.eclipse.deeplearning4j.helpers.disable=true");
  }

  @Test
  void anInstalledSparkSendsTheJarsToItsCluster() throws IOException, InterruptedException {
    List<String> words =
        words(
            launch(
                Map.of("SPARK_HOME", "/opt/my spark"),
                "train",
                "--master",
                "spark://host:7077",
                "--dry-run"));
    String lib = root + "/spark-jobs/target/holdfast/lib/";
    assertThat(words)
        .contains("/opt/my spark/bin/spark-submit")
        .containsSequence("--jars", lib + "holdfast-analysis-9.jar," + lib + "nd4j-native-9.jar")
        .endsWith(lib + "holdfast-spark-jobs-9.jar", "train")
        .noneMatch(word -> word.startsWith("spark.executor.extraClassPath"));
  }

  @Test
  void analyzeRunsFromTheAnalysisJarAlone() throws IOException, InterruptedException {
    List<String> words = words(launch(Map.of(), "analyze", "--log", "l", "--dry-run"));
    assertThat(words)
        .containsSequence("--class", "io.holdfast.analysis.AnalysisMain")
        .endsWith(
            root + "/spark-jobs/target/holdfast/lib/holdfast-analysis-9.jar",
            "analyze",
            "--log",
            "l");
    assertThat(words.get(words.indexOf("-cp") + 1)).doesNotContain("holdfast/lib");
  }

  @Test
  void helpAndMethodsStartNoSpark() throws IOException, InterruptedException {
    for (String[] arguments :
        new String[][] {{"--help"}, {"methods"}, {"train", "--help"}, {"analyze", "--help"}, {}}) {
      List<String> given = new ArrayList<>(List.of(arguments));
      given.add("--dry-run");
      List<String> words = words(launch(Map.of(), given.toArray(String[]::new)));
      assertThat(words)
          .as(Arrays.toString(arguments))
          .doesNotContain("org.apache.spark.deploy.SparkSubmit");
    }
  }

  @Test
  void aProfileIsFoundByName() throws IOException, InterruptedException {
    assertThat(words(launch(Map.of(), "train", "--spark-profile", "small", "--dry-run")))
        .containsSequence("--properties-file", root + "/conf/spark/small.conf");
    assertRefused(3, "No such Spark profile", "train", "--spark-profile", "large");
  }

  @Test
  void whatCannotBeUnderstoodIsSaidInOneLine() throws IOException, InterruptedException {
    assertRefused(2, "Missing value for --master", "train", "--master");
    assertRefused(2, "Invalid memory size: lots", "train", "--driver-memory", "lots");
    assertRefused(2, "Invalid memory size: 12b", "train", "--driver-memory", "12b");
    assertRefused(2, "Invalid --spark-conf: x", "train", "--spark-conf", "x");
    String[] tooLarge = {"train", "--master", "local-cluster[2,1,1536]", "--executor-memory", "2g"};
    assertRefused(3, "Executors of 2048m on local-cluster[2,1,1536]", tooLarge);
  }

  @Test
  void aMissingBuildIsSaidWithTheCommandThatMakesIt() throws IOException, InterruptedException {
    Files.delete(root.resolve("spark-jobs/target/holdfast/build.properties"));
    assertRefused(6, "mvn -q -DskipTests package", "train");
  }

  @Test
  void theExitCodeOfTheCommandComesThrough() throws IOException, InterruptedException {
    Path home = Files.createDirectories(temporary.resolve("spark home/bin"));
    Path submit = home.resolve("spark-submit");
    Files.writeString(submit, "#!/bin/sh\necho ran\nexit 7\n");
    assertThat(submit.toFile().setExecutable(true)).isTrue();
    Outcome outcome = launch(Map.of("SPARK_HOME", home.getParent().toString()), "train");
    assertThat(outcome.exitCode()).isEqualTo(7);
    assertThat(outcome.out()).isEqualTo("ran\n");
  }

  @Test
  void aDriverOnYarnGetsWhatADriverHereHas() throws IOException, InterruptedException {
    Map<String, String> environment =
        Map.of(
            "SPARK_HOME",
            "/opt/spark",
            "HADOOP_CONF_DIR",
            "/etc/hadoop",
            "OMP_NUM_THREADS",
            "2",
            "OPENBLAS_CORETYPE",
            "ZEN");
    List<String> words =
        words(
            launch(
                environment,
                "train",
                "--master",
                "yarn",
                "--deploy-mode=cluster",
                "--native-memory",
                "1g",
                "--dry-run"));
    assertThat(words)
        .containsSequence("--deploy-mode", "cluster")
        .containsSequence("--driver-memory", "2g")
        .contains(
            "spark.yarn.appMasterEnv.OMP_NUM_THREADS=2",
            "spark.yarn.appMasterEnv.OPENBLAS_CORETYPE=ZEN",
            "spark.executorEnv.OMP_NUM_THREADS=2",
            "spark.driver.memoryOverhead=1024m",
            "spark.executor.memoryOverhead=1024m")
        .doesNotContain("--driver-class-path")
        .noneMatch(word -> word.contains("cachedir"))
        .endsWith(root + "/spark-jobs/target/holdfast/lib/holdfast-spark-jobs-9.jar", "train");
    assertThat(words(launch(environment, "train", "--master", "yarn", "--dry-run")))
        .doesNotContain("--deploy-mode")
        .contains("--driver-class-path")
        .noneMatch(word -> word.contains("appMasterEnv"));
  }

  @Test
  void yarnWithoutItsConfigurationIsRefused() throws IOException, InterruptedException {
    assertRefused(3, "without SPARK_HOME", "train", "--master", "yarn");
    Outcome outcome =
        launch(
            Map.of("SPARK_HOME", "/opt/spark", "HADOOP_CONF_DIR", ""), "sql", "--master", "yarn");
    assertThat(outcome.exitCode()).isEqualTo(3);
    assertThat(outcome.err()).contains("without HADOOP_CONF_DIR");
    assertRefused(2, "--deploy-mode: cluster", "train", "--deploy-mode", "cluster");
    assertRefused(2, "--deploy-mode: there", "train", "--deploy-mode", "there");
  }

  /** A script in the place of spark-submit, which ends as that does in cluster mode. */
  @Test
  void theExitCodeOfADriverOnTheClusterComesThrough() throws IOException, InterruptedException {
    Path home = Files.createDirectories(temporary.resolve("spark home/bin"));
    Path submit = home.resolve("spark-submit");
    Map<String, String> environment =
        Map.of("SPARK_HOME", home.getParent().toString(), "HADOOP_CONF_DIR", "/etc/hadoop");
    String failed = "Application diagnostics message: User application exited with status 5";
    for (String[] each :
        new String[][] {{failed, "1", "5"}, {"no queue", "1", "6"}, {"warned", "0", "0"}}) {
      Files.writeString(
          submit, "#!/bin/sh\necho ran\necho '" + each[0] + "' >&2\nexit " + each[1] + "\n");
      assertThat(submit.toFile().setExecutable(true)).isTrue();
      Outcome outcome =
          launch(environment, "train", "--master", "yarn", "--deploy-mode", "cluster");
      assertThat(outcome.exitCode()).as(each[0]).isEqualTo(Integer.parseInt(each[2]));
      assertThat(outcome.out()).isEqualTo("ran\n");
      assertThat(outcome.err()).startsWith(each[0] + "\n");
    }
  }

  @Test
  void whatAProfileAsksOfTheDriverReachesIt() throws IOException, InterruptedException {
    Files.writeString(
        root.resolve("conf/spark/driver.conf"),
        "spark.driver.memory 3gb\n"
            + "spark.driver.extraJavaOptions  -Da=b -Dc=*  \n"
            + "spark.driver.extraClassPath = /opt/my jars/*\n");
    String[] train = {"train", "--spark-profile", "driver", "--dry-run"};
    String lib = root + "/spark-jobs/target/holdfast/lib/*";
    List<String> words = words(launch(Map.of(), train));
    assertThat(words).contains("-Xmx3g").containsSequence("-Da=b", "-Dc=*", "-cp");
    assertThat(words.get(words.indexOf("-cp") + 1)).startsWith("/opt/my jars/*:").endsWith(lib);
    Map<String, String> installed = Map.of("SPARK_HOME", "/opt/spark");
    assertThat(words(launch(installed, train)))
        .containsSequence("--driver-memory", "3gb")
        .containsSequence("--driver-class-path", "/opt/my jars/*:" + lib);

    String[] given = {
      "train",
      "--dry-run",
      "--spark-conf=spark.driver.memory=5g",
      "--spark-conf=spark.driver.extraClassPath=/x"
    };
    assertThat(words(launch(Map.of(), given))).contains("-Xmx5g");
    assertThat(words(launch(installed, given)))
        .containsSequence("--driver-memory", "5g")
        .containsSequence("--driver-class-path", "/x:" + lib)
        .doesNotContain("spark.driver.extraClassPath=/x");
    String[] more = {"train", "--spark-profile", "driver", "--driver-memory=4g", "--dry-run"};
    assertThat(words(launch(Map.of(), more))).contains("-Xmx4g");
    String options = "--spark-conf=spark.driver.extraJavaOptions=";
    assertRefused(2, "no quotes", "train", options + "-Da=\"b c\"");
    assertRefused(2, "--driver-memory", "train", options + "-Xmx1g");
  }

  @Test
  void whatAProfileAsksOfExecutorsWins() throws IOException, InterruptedException {
    Files.writeString(
        root.resolve("conf/spark/executors.conf"),
        "spark.executor.extraClassPath /opt/jars/*\nspark.executorEnv.OMP_NUM_THREADS 4\n");
    assertThat(words(launch(Map.of(), "train", "--spark-profile", "executors", "--dry-run")))
        .noneMatch(word -> word.startsWith("spark.executor.extraClassPath="))
        .noneMatch(word -> word.startsWith("spark.executorEnv.OMP_NUM_THREADS="));
  }

  @Test
  void gpuExecutorsOfAClusterGetTheCudaBuildWhereverItsDiscoveryIsSaid()
      throws IOException, InterruptedException {
    Files.writeString(
        root.resolve("conf/spark/devices.conf"),
        "spark.holdfast.device gpu\n"
            + "spark.executor.resource.gpu.discoveryScript /opt/discover\n"
            + "spark.worker.resource.gpu.discoveryScript /opt/discover\n");
    List<String> words =
        words(
            launch(
                Map.of("SPARK_HOME", "/opt/spark"),
                "train",
                "--master=spark://host:7077",
                "--spark-profile=devices",
                "--dry-run"));
    assertThat(words)
        .contains("spark.executor.extraClassPath=" + root + "/spark-jobs/target/holdfast/cuda/*")
        .noneMatch(word -> word.startsWith("spark.executor.resource"));
  }

  /** Scripts in the place of Javas; one that is started without need leaves a file. */
  @Test
  void anOlderJavaIsSaidInOneLine() throws IOException, InterruptedException {
    Path home = temporary.resolve("old java");
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Path started = temporary.resolve("started");
    String version = "openjdk version \"1.8.0_412\" 2024-04-16";
    Files.writeString(java, "#!/bin/sh\n: >'" + started + "'\necho '" + version + "' >&2\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Path linked = Files.createDirectories(temporary.resolve("linked"));
    Files.createSymbolicLink(linked.resolve("java"), java);
    List<Map<String, String>> places =
        List.of(
            Map.of("JAVA_HOME", home.toString()),
            Map.of("JAVA_HOME", "", "PATH", linked + ":" + System.getenv("PATH")));
    for (Map<String, String> place : places) {
      Files.deleteIfExists(home.resolve("release"));
      assertOlder("Java 1.8.0_412 at ", script("holdfast", place, "train", "--dry-run"));
      assertOlder("Java 1.8.0_412 at ", script("local-cluster", place, "start"));
      Files.delete(started);
      Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"11.0.2\"\n");
      assertOlder("Java 11.0.2 at ", script("holdfast", place, "train", "--dry-run"));
      assertOlder("Java 11.0.2 at ", script("local-cluster", place, "start"));
      assertThat(started).doesNotExist();
    }
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17\"\n");
    assertThat(words(launch(places.get(0), "train", "--dry-run"))).contains(java.toString());
  }

  private static void assertOlder(String message, Outcome outcome) {
    assertThat(outcome.exitCode()).isEqualTo(6);
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .contains(message)
        .endsWith("(expected Java 17)");
  }

  @Test
  void gpuExecutorsOnYarnGetTheDiscoveryScriptSent() throws IOException, InterruptedException {
    Map<String, String> environment =
        Map.of("SPARK_HOME", "/opt/spark", "HADOOP_CONF_DIR", "/etc/hadoop");
    String script = root + "/submit-scripts/gpu-discovery";
    Files.writeString(
        root.resolve("conf/spark/devices.conf"),
        "spark.holdfast.device gpu\nspark.yarn.dist.files /a,/b\n");
    String[] train = {"train", "--master", "yarn", "--spark-profile", "devices", "--dry-run"};
    List<String> words = words(launch(environment, train));
    assertThat(words)
        .contains(
            "spark.executor.resource.gpu.discoveryScript=./gpu-discovery",
            "spark.yarn.dist.files=/a,/b," + script)
        .noneMatch(word -> word.endsWith("discoveryScript=" + script));
    String[] alone = {
      "train", "--master", "yarn", "--spark-conf", "spark.holdfast.device=auto", "--dry-run"
    };
    assertThat(words(launch(environment, alone))).contains("spark.yarn.dist.files=" + script);
  }

  /** A script in the place of the launcher. */
  @Test
  void theRecipesKeepTheirLocalPathsWhateverTheMaster() throws IOException, InterruptedException {
    Path launcher = root.resolve("submit-scripts/holdfast");
    Files.writeString(launcher, "#!/bin/sh\necho \"$1 ${HADOOP_CONF_DIR-none}\" >&2\n");
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    Map<String, String> hadoop = Map.of("HADOOP_CONF_DIR", "/etc/hadoop");
    String work = temporary.resolve("work").toString();
    for (String recipe : List.of("quickstart", "fashion-mnist")) {
      Path link = root.resolve("submit-scripts/linked");
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of("..", "submit-scripts", recipe));
      Path outside = temporary.resolve("linked-" + recipe);
      Files.createSymbolicLink(outside, link);
      String[] arguments =
          recipe.equals("quickstart")
              ? new String[] {"--work", work, "--master", "spark://host:7077"}
              : new String[] {work, work};
      Outcome outcome = script(outside.toString(), hadoop, arguments);
      assertThat(outcome.exitCode()).as(outcome.err()).isZero();
      assertThat(outcome.err()).contains("import none\n", "train none\n", "analyze none\n");
    }
    Outcome refused = script("quickstart", hadoop, "--work", work, "--master", "yarn");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err().lines()).singleElement().asString().contains("docs/cluster-guide.md");
  }

  @Test
  void aClusterThatCannotWriteItsDirectorySaysSo() throws IOException, InterruptedException {
    Path directory = Files.createDirectories(temporary.resolve("cluster"));
    Map<String, String> environment = Map.of("HOLDFAST_CLUSTER_DIR", directory.toString());
    Path starting = Files.createFile(directory.resolve("starting"));
    assertStartFails(6, "cannot make " + starting, environment);
    Files.delete(starting);
    Files.createDirectory(starting);
    assertStartFails(5, "another start is under way", environment);
    if (directory.toFile().setWritable(false) && !Files.isWritable(directory)) {
      assertStartFails(6, "cannot write to " + directory, environment);
    }
    assertThat(directory.toFile().setWritable(true)).isTrue();
    Path below = Files.createFile(temporary.resolve("file")).resolve("cluster");
    assertStartFails(6, "cannot make", Map.of("HOLDFAST_CLUSTER_DIR", below.toString()));
  }

  private void assertStartFails(int exitCode, String message, Map<String, String> environment)
      throws IOException, InterruptedException {
    Outcome outcome = script("local-cluster", environment, "start");
    assertThat(outcome.exitCode()).isEqualTo(exitCode);
    assertThat(outcome.err().lines()).singleElement().asString().startsWith("holdfast: " + message);
  }

  private void assertRefused(int exitCode, String message, String... arguments)
      throws IOException, InterruptedException {
    Outcome outcome = launch(Map.of(), arguments);
    assertThat(outcome.exitCode()).isEqualTo(exitCode);
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .startsWith("holdfast: ")
        .contains(message);
  }

  /** A printed command, as the shell reads it back. */
  private List<String> words(Outcome printed) throws IOException, InterruptedException {
    assertThat(printed.err()).isEmpty();
    assertThat(printed.exitCode()).isZero();
    assertThat(printed.out().lines()).hasSize(1);
    Path words = temporary.resolve("words");
    Outcome read =
        run(
            new ProcessBuilder(
                "sh",
                "-c",
                "set -- "
                    + printed.out().strip()
                    + "\nfor word; do printf '%s\\n' \"$word\"; done >\"$0\"",
                words.toString()));
    assertThat(read.err()).isEmpty();
    return Files.readAllLines(words);
  }

  private Outcome launch(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return script("holdfast", environment, arguments);
  }

  private Outcome script(String name, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("sh", root.resolve("submit-scripts").resolve(name).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().remove("SPARK_HOME");
    process.environment().remove("SPARK_CONF_DIR");
    process.environment().remove("HADOOP_CONF_DIR");
    process.environment().remove("YARN_CONF_DIR");
    process.environment().putAll(environment);
    return run(process);
  }

  private Outcome run(ProcessBuilder process) throws IOException, InterruptedException {
    Path out = temporary.resolve("out");
    Path err = temporary.resolve("err");
    int exitCode =
        process.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Outcome(
        exitCode,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private record Outcome(int exitCode, String out, String err) {}
}
