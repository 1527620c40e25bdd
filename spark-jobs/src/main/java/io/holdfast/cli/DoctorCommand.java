package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.Doctor;
import io.holdfast.runtime.Finding;
import io.holdfast.runtime.SparkSessions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether training would work here. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description =
        "Looks at Java, Spark, the native environment, memory and GPU, and tries a training step.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  holdfast doctor",
      "  holdfast doctor --master 'local-cluster[2,1,3072]' --json doctor.json",
      "",
      "Ends with 0 only if training would work, with 5 where another native build was loaded",
      "than the one asked for, and with 6 for everything else that fails."
    })
final class DoctorCommand implements Callable<Integer> {

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the findings to FILE as JSON.")
  private String json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<Finding> findings = new Doctor(() -> SparkSessions.open("Holdfast doctor")).execute();
    PrintWriter out = spec.commandLine().getOut();
    findings.forEach(finding -> out.println(line(finding)));
    out.flush();
    CommandLines.writeJson(json, findings, new Configuration());
    return Doctor.verdict(findings).code();
  }

  private static String line(Finding finding) {
    String status =
        finding.status() == Finding.Status.FAIL
            ? "FAIL"
            : finding.status().name().toLowerCase(Locale.ROOT);
    return "%-4s  %-18s  %s".formatted(status, finding.check(), finding.detail());
  }
}
