package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigKey;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the training methods with their options. */
@Command(
    name = "methods",
    mixinStandardHelpOptions = true,
    description = "Lists the training methods with their options, defaults and sources.",
    footer = {
      "",
      "Examples:",
      "  holdfast methods",
      "  holdfast methods fer lwr",
      "  holdfast methods --json methods.json"
    })
final class MethodsCommand implements Callable<Integer> {

  @Parameters(paramLabel = "METHOD", description = "Only these methods.")
  private List<String> names = List.of();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the list to FILE as JSON.")
  private String json;

  @Spec private CommandSpec spec;

  /**
   * A method as listed.
   *
   * @param name what the key {@code method} is set to
   * @param summary one sentence
   * @param source paper and equation
   * @param state what is remembered per sample or per class
   * @param options its configuration keys
   */
  record Listed(
      String name, String summary, String source, String state, List<ListedOption> options) {

    static Listed of(MethodDescriptor method) {
      return new Listed(
          method.name(),
          method.summary(),
          method.source(),
          method.state(),
          method.options().stream().map(ListedOption::of).toList());
    }
  }

  /**
   * An option as listed.
   *
   * @param key the full configuration key
   * @param expected what a value has to be
   * @param standard the default; null when there is none
   * @param doc one line
   */
  record ListedOption(String key, String expected, String standard, String doc) {

    static <T> ListedOption of(ConfigKey<T> option) {
      return new ListedOption(
          option.name(),
          option.expectation(),
          option.defaultValue().map(option::format).orElse(null),
          option.doc());
    }
  }

  @Override
  public Integer call() {
    List<MethodDescriptor> all = Methods.descriptors();
    List<String> known = all.stream().map(MethodDescriptor::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw ConfigException.unknown("method", name, known);
      }
    }
    List<Listed> listed =
        all.stream()
            .filter(method -> names.isEmpty() || names.contains(method.name()))
            .map(Listed::of)
            .toList();
    PrintWriter out = spec.commandLine().getOut();
    listed.forEach(method -> print(method, out));
    out.flush();
    CommandLines.writeJson(json, listed, new Configuration());
    return 0;
  }

  private static void print(Listed method, PrintWriter out) {
    out.println(method.name());
    out.println("  " + method.summary());
    out.println("  source: " + method.source());
    out.println("  state:  " + method.state());
    for (ListedOption option : method.options()) {
      String standard = option.standard() == null ? "no default" : "default " + option.standard();
      out.println("  " + option.key() + "  (" + option.expected() + "; " + standard + ")");
      out.println("      " + option.doc());
    }
    out.println();
  }
}
