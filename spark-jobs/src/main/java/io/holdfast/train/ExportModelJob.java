package io.holdfast.train;

import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.NewOutput;
import io.holdfast.model.Networks;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;

/**
 * Writes the parameters of a committed epoch as a plain DL4J model: a {@code ComputationGraph} with
 * softmax output and multi-class cross entropy that {@code ModelSerializer.restoreComputationGraph}
 * loads where Holdfast is not installed. The updater's state is left out: it belongs to the
 * method's optimiser.
 */
public final class ExportModelJob {
  private final Configuration conf;
  private final ExportOptions options;

  /**
   * @param conf names the file systems
   * @param options what to export
   */
  public ExportModelJob(Configuration conf, ExportOptions options) {
    this.conf = conf;
    this.options = options;
  }

  /**
   * Writes the file.
   *
   * @return what was written
   * @throws HoldfastException with the exit code that says what kind of failure it was; no part of
   *     a file remains then
   */
  public ExportedModel execute() {
    LogRoot root = new LogRoot(options.out());
    CommittedRun run = CommittedRun.open(conf, root, options.runId());
    int epoch = run.epoch(options.epoch());
    try (NewOutput output =
        NewOutput.prepare(NewOutput.Kind.FILE, options.target(), options.overwrite(), conf)) {
      ComputationGraph network = network(run, epoch);
      try (OutputStream out = output.files().create(output.pending(), false)) {
        ModelSerializer.writeModel(network, out, false);
      } catch (IOException e) {
        throw output.failure(e);
      }
      output.publish();
      return result(run, epoch);
    }
  }

  private static ComputationGraph network(CommittedRun run, int epoch) {
    ComputationGraphConfiguration trained =
        ComputationGraphConfiguration.fromJson(run.spec().networkJson());
    ComputationGraph network = new ComputationGraph(Networks.withoutMethod(trained));
    network.init();
    float[] parameters = run.state(epoch).parameters();
    NativeArrays.put(parameters, parameters.length, network.params());
    return network;
  }

  private ExportedModel result(CommittedRun run, int epoch) {
    InputSpec input = run.input();
    return new ExportedModel(
        options.runId(),
        epoch,
        options.target(),
        run.record().parameters(),
        Arrays.stream(input.shape()).boxed().toList(),
        input.scaling(),
        Arrays.stream(input.mean()).boxed().toList(),
        Arrays.stream(input.deviation()).boxed().toList());
  }
}
