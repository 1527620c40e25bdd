package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CommandRun;
import io.holdfast.TestData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A stranger's log in which the files of a run are serialised Java objects, with manifests that
 * fit: whatever reads them, the object is never made.
 */
class PlantedObjectTest extends DigitsRuns {
  private static final AtomicInteger MADE = new AtomicInteger();

  /** Runs code when it is read, as a gadget does. */
  static final class Gadget implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      MADE.incrementAndGet();
    }
  }

  private final ObjectMapper json = new ObjectMapper();
  private Path stranger;

  @BeforeEach
  void copyTheLog() throws Exception {
    byte[] object = object();
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(object))) {
      assertThat(in.readObject()).isInstanceOf(Gadget.class);
    }
    assertThat(MADE.getAndSet(0)).as("what reads the object runs its code").isEqualTo(1);
    stranger = Files.createTempDirectory(folder, "stranger");
    Path log = folder.resolve("log");
    try (Stream<Path> files = Files.walk(log)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = stranger.resolve(log.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  @Test
  void checkpointsAreNumbersWhateverTheyHold() throws Exception {
    List<Path> planted = new ArrayList<>();
    try (Stream<Path> files = Files.walk(stranger.resolve("runs/fer/checkpoints"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        byte[] object = object();
        System.arraycopy(object, 0, bytes, 0, Math.min(object.length, bytes.length));
        Files.write(file, bytes);
        planted.add(file);
      }
    }
    assertThat(planted)
        .map(path -> path.getFileName().toString())
        .anyMatch(name -> name.startsWith("parameters"))
        .anyMatch(name -> name.startsWith("updater"))
        .anyMatch(name -> name.startsWith("behaviours"));
    forgeManifests();
    readAll();
  }

  @Test
  void everythingElseIsTextWhateverItHolds() throws Exception {
    List<Path> texts;
    try (Stream<Path> files = Files.walk(stranger.resolve("runs/fer"))) {
      texts =
          files
              .filter(
                  path -> path.toString().matches(".*/(run|network|epoch-0000" + EPOCHS + ").json"))
              .toList();
    }
    assertThat(texts).hasSize(3);
    for (Path text : texts) {
      byte[] before = Files.readAllBytes(text);
      Files.write(text, object());
      readAll();
      Files.write(text, before);
    }
  }

  /** Every command that reads a run; what they find is no number that anybody could use. */
  private void readAll() {
    String[][] commands = {
      {"evaluate", "--data", TestData.digits(), "--split", "test"},
      {"resume"},
      {"export", "--behaviours", stranger.resolve("behaviours").toString()},
      {"export", "--model", stranger.resolve("model.zip").toString()}
    };
    for (String[] command : commands) {
      List<String> line =
          new ArrayList<>(List.of(command[0], "--out", stranger.toString(), "--run-id", "fer"));
      line.addAll(List.of(command).subList(1, command.length));
      CommandRun run = CommandRun.of(line.toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isIn(0, 3, 4, 5, 7);
      assertThat(run.err()).doesNotContain("ClassNotFoundException", "InvalidClassException");
    }
    assertThat(MADE).hasValue(0);
  }

  private void forgeManifests() throws Exception {
    try (Stream<Path> manifests = Files.list(stranger.resolve("runs/fer/commits"))) {
      for (Path manifest : manifests.toList()) {
        ObjectNode node = (ObjectNode) json.readTree(manifest.toFile());
        for (var file : node.withArray("files")) {
          byte[] bytes = Files.readAllBytes(stranger.resolve(file.get("path").asText()));
          byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
          ((ObjectNode) file).put("sha256", HexFormat.of().formatHex(digest));
        }
        Files.writeString(manifest, node.toString(), StandardCharsets.UTF_8);
      }
    }
  }

  private static byte[] object() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new Gadget());
    }
    return bytes.toByteArray();
  }
}
