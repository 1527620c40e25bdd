package io.holdfast.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Reads and writes {@code dataset.json}. */
final class DescriptorFile {
  static final String NAME = "dataset.json";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private DescriptorFile() {}

  static void write(FileSystem files, Path directory, DatasetDescriptor descriptor)
      throws IOException {
    try (OutputStream out = files.create(new Path(directory, NAME), true)) {
      out.write(JSON.writeValueAsBytes(descriptor));
      out.write('\n');
    }
  }

  static DatasetDescriptor read(FileSystem files, Path directory) {
    Path path = new Path(directory, NAME);
    JsonNode tree;
    try (InputStream in = files.open(path)) {
      tree = JSON.readTree(in.readAllBytes());
    } catch (FileNotFoundException e) {
      throw BadInput.of(
          e,
          "%s is not a data set: %s is missing, expected the output of holdfast import",
          directory,
          NAME);
    } catch (JsonProcessingException e) {
      throw BadInput.of(e, "%s is not valid JSON: %s", path, e.getOriginalMessage());
    } catch (IOException e) {
      throw BadInput.unreadable(path.toString(), e);
    }
    int format = tree.path("format").asInt(0);
    if (format < 1 || format > DatasetDescriptor.FORMAT) {
      throw BadInput.of(
          "%s: format %s, expected 1 to %d (a newer Holdfast may have written it)",
          path, tree.path("format"), DatasetDescriptor.FORMAT);
    }
    try {
      DatasetDescriptor descriptor = JSON.treeToValue(tree, DatasetDescriptor.class);
      String problem = DescriptorChecks.problem(descriptor);
      if (problem != null) {
        throw BadInput.of("%s: %s, expected the file as holdfast import wrote it", path, problem);
      }
      return descriptor;
    } catch (JsonProcessingException e) {
      throw BadInput.of(
          e, "%s: %s, expected the file as holdfast import wrote it", path, e.getOriginalMessage());
    }
  }
}
