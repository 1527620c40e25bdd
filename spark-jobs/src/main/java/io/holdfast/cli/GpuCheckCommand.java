package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.gpucheck.CheckRow;
import io.holdfast.gpucheck.GpuCheckJob;
import io.holdfast.gpucheck.GpuCheckResult;
import io.holdfast.runtime.NativeEnvironment;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether this machine's GPU computes what the CPU computes, and how fast. */
@Command(
    name = "gpu-check",
    mixinStandardHelpOptions = true,
    description = {
      "Computes golden vectors and training steps on the GPU of this machine and compares them with the CPU.",
      "Takes the first device of CUDA_VISIBLE_DEVICES, or device 0. Needs a build with -Pcuda."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  holdfast gpu-check",
      "  CUDA_VISIBLE_DEVICES=1 holdfast gpu-check --json gpu.json",
      "",
      "Ends with 0 if every comparison passes, with 5 if one does not or there is no GPU to use."
    })
final class GpuCheckCommand implements Callable<Integer> {

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Training steps whose median is the throughput. Default: 50")
  private int steps = 50;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the table to FILE as JSON.")
  private String json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    NativeEnvironment.requireGpu();
    GpuCheckResult result = new GpuCheckJob(Math.max(1, steps)).execute();
    PrintWriter out = spec.commandLine().getOut();
    out.println("GPU  " + result.backend());
    out.println("CPU  " + result.reference());
    out.printf("%n%-46s %12s %12s %10s%n", "", "GPU", "CPU", "limit");
    result.rows().forEach(row -> out.println(line(row)));
    out.flush();
    CommandLines.writeJson(json, result, new Configuration());
    return (result.passed() ? ExitCode.DONE : ExitCode.REFUSED).code();
  }

  private static String line(CheckRow row) {
    return row.limit() == null
        ? String.format(
            Locale.ROOT, "%-46s %12.0f %12.0f %10s", row.check(), row.here(), row.reference(), "")
        : String.format(
            Locale.ROOT,
            "%-46s %12.2g %12s %10.2g  %s",
            row.check(),
            row.here(),
            "",
            row.limit(),
            row.passed() ? "ok" : "FAIL");
  }
}
