package io.holdfast.train;

import io.holdfast.analysis.cli.BuildVersion;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.ClassStateMatrix;
import io.holdfast.analysis.log.ClassStateWriter;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.config.Config;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.Sample;
import io.holdfast.data.SampleTable;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.method.ClassBalance;
import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import io.holdfast.method.TargetSource;
import io.holdfast.method.TrainingClasses;
import io.holdfast.model.Networks;
import io.holdfast.runtime.ExecutorEnvironment;
import io.holdfast.runtime.NativeEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Trains a run, from its first epoch or from its last commit, and commits every epoch to the log.
 */
public final class TrainJob {
  private static final List<String> HELD_OUT = List.of("validation", "test");

  /** A setting of Spark, for it is no property of the run. */
  private static final String LEASE_TIMEOUT = "spark.holdfast.lease.timeout";

  private final SparkSession spark;
  private final TrainOptions options;
  private final TrainingProgress progress;
  private final Configuration conf;
  private final LogRoot root;
  private final Commits commits;
  private final RunSimilarity similarity;

  /**
   * @param spark the session to train on
   * @param options what to train
   * @param progress told what happens
   */
  public TrainJob(SparkSession spark, TrainOptions options, TrainingProgress progress) {
    this.spark = spark;
    this.options = options;
    this.progress = progress;
    this.conf = spark.sparkContext().hadoopConfiguration();
    this.root = new LogRoot(options.out());
    this.commits = new Commits(conf, root);
    this.similarity = new RunSimilarity(spark, root, options.runId());
  }

  /**
   * Trains to the last epoch, or until early stopping ends the run.
   *
   * @return metrics of every committed epoch
   * @throws HoldfastException with the exit code that says what kind of failure it was; the last
   *     committed epoch stays
   */
  public TrainResult execute() {
    NativeEnvironment environment = ExecutorEnvironment.of(spark.sparkContext());
    return options.resume() ? resume(environment) : start(environment);
  }

  private TrainResult start(NativeEnvironment environment) {
    String runId = options.runId();
    Config config = TrainOptions.parse(options.config());
    SampleTable table = SampleTable.open(spark, options.data());
    if (!options.overwrite()) {
      refuseExisting();
    }
    RunSpec run = spec(config, table, networkJson(config, table));
    requireMemory(config, run);
    ComputationGraph network = run.newNetwork();
    RoundState initial = initialState(network, config, run, table.descriptor());
    RunRecord record =
        new RunRecord(
            RunRecord.FORMAT,
            runId,
            config.resolved(),
            RunRecord.hash(config.resolved()),
            options.data(),
            table.descriptor().fingerprint(),
            run.input().shape(),
            run.input().classes(),
            run.input().mean(),
            run.input().deviation(),
            network.numParams(),
            environment.fingerprint(),
            versions(environment));
    try (Lease lease = lease()) {
      if (options.overwrite()) {
        remove(runId);
      } else {
        refuseExisting();
        commits.discardPending(runId);
      }
      if (run.input().text() instanceof WordEncoder words) {
        CommittedFiles.write(
            conf, root, RunRecord.vocabularyFile(runId), words.vocabulary().toBytes());
      }
      similarity.write();
      record.write(conf, root, run.networkJson());
      try {
        return train(config, table, run, initial, 0, lease);
      } catch (HoldfastException e) {
        // The samples are not what dataset.json says, which shows when they are read.
        if (e.exitCode() == ExitCode.BAD_INPUT && commits.committedEpochs(runId).isEmpty()) {
          remove(runId);
        }
        throw e;
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private void requireMemory(Config config, RunSpec run) {
    MemoryCheck.require(
        JavaSparkContext.fromSparkContext(spark.sparkContext()),
        run,
        config.get(TrainingKeys.WORKERS));
  }

  /** A run without record was stopped while it was created: nothing of it exists. */
  private void refuseExisting() {
    if (commits.hasRunDirectory(options.runId())
        && (RunRecord.exists(conf, root, options.runId())
            || !commits.manifests(options.runId()).isEmpty())) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run "
              + options.runId()
              + " exists in "
              + options.out()
              + " (expected a new --run-id, --overwrite, or `holdfast resume`)");
    }
  }

  private Lease lease() {
    return Lease.acquire(
        conf, root.lease(options.runId()), "Run " + options.runId(), leaseTimeout(spark));
  }

  /** After how long a lease that is not renewed is taken over. */
  static Duration leaseTimeout(SparkSession spark) {
    return Duration.ofSeconds(
        spark.sparkContext().getConf().getTimeAsSeconds(LEASE_TIMEOUT, "60s"));
  }

  private TrainResult resume(NativeEnvironment environment) {
    String runId = options.runId();
    RunRecord record = RunRecord.read(conf, root, runId);
    Map<String, String> merged = new LinkedHashMap<>(record.config());
    merged.putAll(options.config());
    Config config = TrainOptions.parse(merged);
    refuseChange(record, config.resolved());
    String data = options.data() == null ? record.data() : options.data();
    SampleTable table = SampleTable.open(spark, data);
    refuseOther(
        runId, "data fingerprint", record.dataFingerprint(), table.descriptor().fingerprint());
    environment.requireFingerprint(record.nativeEnvironment());
    try (Lease lease = lease()) {
      commits.publish(runId);
      commits.discardPending(runId);
      List<Integer> committed = commits.committedEpochs(runId);
      RunSpec run = spec(config, table, record.readNetwork(conf, root));
      requireMemory(config, run);
      if (committed.isEmpty()) {
        refuseOtherSimilarities(config, run);
        RoundState initial = initialState(run.newNetwork(), config, run, table.descriptor());
        return train(config, table, run, initial, 0, lease);
      }
      int last = committed.get(committed.size() - 1);
      CommitManifest manifest = commits.read(runId, last);
      RoundState state = Checkpoint.read(conf, root, manifest, record.parameters());
      refuseOtherTeacher(config, run.input(), state);
      return train(config, table, run, state, last, lease);
    }
  }

  private void refuseChange(RunRecord record, Map<String, String> resolved) {
    for (Map.Entry<String, String> entry : resolved.entrySet()) {
      String before = record.config().get(entry.getKey());
      if (!entry.getValue().equals(before)) {
        refuseOther(record.runId(), entry.getKey(), String.valueOf(before), entry.getValue());
      }
    }
    refuseOther(
        record.runId(), "configuration hash", record.configHash(), RunRecord.hash(resolved));
  }

  /** Later epochs have the similarities, or what was learned from them, in their state. */
  private void refuseOtherSimilarities(Config config, RunSpec run) {
    String file = similarity.changedFile(config, run.input().classes());
    if (file != null) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run "
              + options.runId()
              + " was created with another content of "
              + file
              + " (a run resumes only with what it was created with)");
    }
  }

  private static void refuseOther(String runId, String what, String recorded, String found) {
    if (!recorded.equals(found)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run "
              + runId
              + " was created with "
              + what
              + " = "
              + recorded
              + ", found "
              + found
              + " (a run resumes only with what it was created with)");
    }
  }

  private TrainResult train(
      Config config,
      SampleTable table,
      RunSpec run,
      RoundState initial,
      int committed,
      Lease lease) {
    String runId = options.runId();
    DatasetDescriptor data = table.descriptor();
    List<EpochSummary> summaries = new ArrayList<>();
    for (CommitManifest manifest : commits.manifests(runId)) {
      if (manifest.kind() == CommitManifest.Kind.EPOCH) {
        summaries.add(EpochSummary.of(manifest));
      }
    }
    int keep = config.get(TrainingKeys.KEEP);
    forgetCheckpoints(committed, keep);
    if (committed == run.epochs()) {
      return new TrainResult(runId, summaries, false);
    }
    Map<String, JavaRDD<Sample>> heldOut = new LinkedHashMap<>();
    for (String split : HELD_OUT) {
      if (data.samples(split) > 0) {
        heldOut.put(split, table.samples(split));
      }
    }
    if (run.sampling().balanced()) {
      heldOut.put(SampleTable.TRAIN, table.samples(SampleTable.TRAIN));
    }
    table.requireLabels("train");
    EarlyStopping stopping = EarlyStopping.of(config, heldOut.containsKey("validation"));
    boolean stopped = summaries.stream().map(stopping::after).reduce(false, (a, b) -> b);
    boolean vectors = TrainingKeys.logsVectors(config, run.input().classes());
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    try (EpochEngine engine =
        engine(config, context, run, table.samples("train"), heldOut, vectors)) {
      table.requireWhole(SampleTable.TRAIN, engine.samples());
      RoundState state = initial;
      CommitManifest manifest = committed == 0 ? null : commits.read(runId, committed);
      progress.started(runId, run.epochs(), committed, data.samples("train"), engine.rounds());
      for (int epoch = committed + 1; epoch <= run.epochs() && !stopped; epoch++) {
        long startedAt = System.nanoTime();
        progress.epochStarted(epoch);
        EpochEngine.EpochOutcome outcome =
            engine.epoch(epoch, state, manifest, progress::roundDone);
        state = outcome.state();
        int split = 0;
        for (String name : heldOut.keySet()) {
          table.requireWhole(name, outcome.heldOut().get(split++).samples());
        }
        List<LoggedFile> files = new ArrayList<>(outcome.files());
        lease.requireHeld();
        try {
          files.addAll(Checkpoint.write(conf, root, runId, epoch, state));
        } catch (IOException e) {
          throw cannotWrite(e);
        }
        files.addAll(classState(run, epoch, state));
        EpochSummary summary =
            EpochSummary.of(
                epoch,
                (System.nanoTime() - startedAt) / 1e9,
                outcome.training(),
                new ArrayList<>(heldOut.keySet()),
                outcome.heldOut());
        manifest = CommitManifest.ofEpoch(runId, epoch, files, summary.metrics());
        lease.requireHeld();
        commits.commit(manifest);
        summaries.add(summary);
        progress.epochCommitted(summary);
        stopped = stopping.after(summary);
        forgetCheckpoints(epoch, keep);
      }
    } catch (Exception e) {
      // Who took the lease over has cleaned up what this process was writing.
      if (!(e instanceof HoldfastException told) || told.exitCode() != ExitCode.DIVERGED) {
        lease.requireHeld();
      }
      throw e;
    }
    commits.discardAttempts(runId);
    return new TrainResult(runId, summaries, stopped);
  }

  /** The file of what the method keeps per class; none where it keeps nothing. */
  private List<LoggedFile> classState(RunSpec run, int epoch, RoundState state) {
    SharedState shared = run.createMethod().sharedState();
    if (shared.logged().isEmpty()) {
      return List.of();
    }
    SharedStateValue value = SharedStateValue.of(shared.fields(), state.shared());
    List<ClassStateMatrix> matrices =
        shared.logged().stream()
            .map(
                field ->
                    new ClassStateMatrix(
                        field.name(), field.rows(), field.columns(), value.array(field.name())))
            .toList();
    return List.of(ClassStateWriter.write(conf, root, options.runId(), epoch, matrices));
  }

  private EpochEngine engine(
      Config config,
      JavaSparkContext context,
      RunSpec run,
      JavaRDD<Sample> training,
      Map<String, JavaRDD<Sample>> heldOut,
      boolean vectors) {
    int workers = config.get(TrainingKeys.WORKERS);
    return switch (config.get(TrainingKeys.ENGINE)) {
      case HOLDFAST ->
          new AveragingEngine(
              context, run, workers, training, heldOut, root, options.runId(), vectors);
      case STOCK ->
          new StockEngine(
              context,
              run,
              workers,
              training,
              new AveragingEngine(
                  context,
                  run,
                  workers,
                  context.emptyRDD(),
                  heldOut,
                  root,
                  options.runId(),
                  vectors));
    };
  }

  private void forgetCheckpoints(int committed, int keep) {
    if (keep == 0) {
      return;
    }
    try {
      Checkpoint.deleteUntil(conf, root, options.runId(), committed - keep);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  RunSpec spec(Config config, SampleTable table, String networkJson) {
    DatasetDescriptor data = table.descriptor();
    InputSpec input = InputSpec.of(config, table);
    CommittedRun teacher = teacher(config, input);
    String teacherJson = teacher == null ? null : teacher.networkJson();
    return RunSpec.of(config, data.fingerprint(), input, networkJson, teacherJson);
  }

  /** The saved run that the method learns from; null where it has none. */
  private CommittedRun teacher(Config config, InputSpec input) {
    String runId = method(config, input.classes()).teacherRun();
    if (runId == null) {
      return null;
    }
    CommittedRun teacher = CommittedRun.open(conf, root, runId);
    teacher.requireInput("Teacher run " + runId, input);
    return teacher;
  }

  /** The parameters of a saved teacher are in the state of the run, its network is not. */
  private void refuseOtherTeacher(Config config, InputSpec input, RoundState state) {
    CommittedRun teacher = teacher(config, input);
    if (teacher != null && teacher.record().parameters() != state.teacher().length) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          String.format(
              Locale.ROOT,
              "Run %s learns from a teacher of %d parameters, and its teacher run %s has %d now"
                  + " (a run resumes only with the network of the teacher it was created with)",
              options.runId(),
              state.teacher().length,
              teacher.record().runId(),
              teacher.record().parameters()));
    }
  }

  /** What the run's method is created with: its own options and the weights of the classes. */
  static Map<String, String> methodOptions(Config config) {
    Map<String, String> options =
        new LinkedHashMap<>(config.resolvedStartingWith(config.get(TrainingKeys.METHOD) + "."));
    options.putAll(ClassBalance.options(config));
    return options;
  }

  static Method method(Config config, int classes) {
    String name = config.get(TrainingKeys.METHOD);
    Method method = Methods.create(name, methodOptions(config), classes);
    int period = method.sharedState().period();
    int frequency = config.get(TrainingKeys.AVERAGING_FREQUENCY);
    if (period % frequency != 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "Invalid value for %s.period: %d (expected a multiple of %s = %d)",
              name,
              period,
              TrainingKeys.AVERAGING_FREQUENCY.name(),
              frequency));
    }
    if (ClassSampling.of(config).balanced() && method.sampleState().width() > 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "Invalid value for %s: class (expected instance for method = %s, which keeps a state"
                  + " of every sample and has to train it once in each epoch)",
              TrainingKeys.SAMPLING.name(),
              name));
    }
    return method;
  }

  /**
   * What the first round of the run starts from.
   *
   * @param network of the run, new; changed in place where the run starts from another one
   */
  RoundState initialState(
      ComputationGraph network, Config config, RunSpec run, DatasetDescriptor data) {
    int classes = run.input().classes();
    TrainingClasses training =
        new TrainingClasses(
            data.splits().get(SampleTable.TRAIN).perClass().stream()
                .mapToLong(Long::longValue)
                .toArray(),
            file -> similarity.read(file, classes));
    Method method = method(config, classes);
    boolean peers = method.targetSource() == TargetSource.PEER;
    if (peers) {
      StartingRun.requireNone(config);
    }
    StartingRun.copyParameters(conf, root, config, options.runId(), run.input(), network);
    RoundState state = stateOf(network).withShared(method.sharedState().initial(training).flat());
    if (peers) {
      return state.withPeer(stateOf(run.newPeer()));
    }
    CommittedRun teacher = teacher(config, run.input());
    if (teacher == null) {
      return state;
    }
    int epoch = teacher.epoch(EpochChoice.parse(method.teacherEpoch()));
    return state.withTeacher(teacher.state(epoch).parameters());
  }

  String networkJson(Config config, SampleTable table) {
    DatasetDescriptor data = table.descriptor();
    String method = config.get(TrainingKeys.METHOD);
    Map<String, String> methodOptions = methodOptions(config);
    Methods.create(method, methodOptions, data.classes());
    String file = Networks.userFile(config);
    return Networks.build(
            config,
            InputSpec.of(config, table).shape(),
            data.classes(),
            config.get(TrainingKeys.EPOCHS),
            config.get(TrainingKeys.SEED),
            new MethodLossFunction(method, methodOptions, data.classes()),
            file == null ? null : text(file))
        .toJson();
  }

  private String text(String file) {
    Path path = new Path(file);
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  static RoundState stateOf(ComputationGraph network) {
    float[] parameters = new float[Math.toIntExact(network.numParams())];
    NativeArrays.get(network.params(), parameters);
    INDArray updater = network.getUpdater().getUpdaterStateViewArray();
    float[] state = new float[updater == null ? 0 : Math.toIntExact(updater.length())];
    if (updater != null) {
      NativeArrays.get(updater, state);
    }
    return RoundState.of(parameters, state);
  }

  private Map<String, String> versions(NativeEnvironment environment) {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("holdfast", BuildVersion.version());
    versions.put("commit", BuildVersion.commit());
    versions.put("spark", spark.version());
    versions.put("scala", scala.util.Properties.versionNumberString());
    versions.put("java", System.getProperty("java.version"));
    versions.put("dl4j", environment.nd4jVersion());
    versions.put("native_build", environment.loadedBuild());
    versions.put("native", environment.toString());
    return versions;
  }

  private void remove(String runId) {
    // The record goes first: nobody resumes what is left of a run. The manifests go last: without
    // them, what is left of the tables would count as a whole run.
    List<Path> paths = new ArrayList<>();
    paths.add(root.runFile(runId));
    LogRoot.TABLES.forEach(table -> paths.add(root.tableOfRun(table, runId)));
    paths.add(root.run(runId));
    for (Path path : paths) {
      try {
        FileSystem files = path.getFileSystem(conf);
        files.delete(path, true);
      } catch (IOException e) {
        throw cannotWrite(e);
      }
    }
  }

  private HoldfastException cannotWrite(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write below " + options.out() + ": " + e.getMessage(), e);
  }
}
