package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/configuration.md is what the code says; -Dholdfast.write-docs=true writes it anew. */
class ConfigurationPageTest {

  @Test
  void isGeneratedFromTheKeys() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration

            Generated from the code; do not edit. Keys come from `--config FILE` (lines of `key = value`), then from
            `--conf key=value` on the command line, which wins. Unknown keys are refused, with the nearest known one.

            ## Runs and networks

            """);
    page.append(TrainingKeys.schema().toMarkdown());
    for (MethodDescriptor method : Methods.descriptors()) {
      if (!method.options().isEmpty()) {
        page.append("\n## Method `")
            .append(method.name())
            .append("`\n\n")
            .append(method.summary())
            .append("\n\n");
        page.append(Methods.schema(method.name()).toMarkdown());
      }
    }
    Path file = TestData.projectFile("docs/configuration.md");
    if (Boolean.getBoolean("holdfast.write-docs")) {
      Files.writeString(file, page);
    }
    assertThat(file).hasContent(page.toString());
  }
}
