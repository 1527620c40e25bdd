package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class ImportImagesTest extends ImportTesting {

  private Path photos() {
    return folder.resolve("photos");
  }

  /** An image of one colour with another in its top left corner. */
  private Path image(String name, String format, int width, int height, int rgb, int corner)
      throws Exception {
    Path file = photos().resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    image.setRGB(0, 0, corner);
    ImageIO.write(image, format, file.toFile());
    return file;
  }

  private void cats() throws Exception {
    image("dog/1.png", "png", 4, 3, 0x102030, 0xff8040);
    image("cat/b.PNG", "png", 4, 3, 0x000001, 0x010203);
    image("cat/a.png", "png", 4, 3, 0xffffff, 0x0a0b0c);
    Files.createFile(photos().resolve("cat/.hidden"));
  }

  @Test
  void subFoldersAreClassesInSortedOrder() throws Exception {
    cats();
    SampleTable table = imported("--format", "images", "--input", photos(), "--test", "0");
    assertThat(table.descriptor().classNames()).containsExactly("cat", "dog");
    assertThat(table.descriptor().shape()).containsExactly(3, 3, 4);
    List<Sample> samples = samples(table, "train");
    assertThat(samples.stream().map(Sample::label)).containsExactly(0, 0, 1);
    byte[] dog = samples.get(2).image();
    assertThat(dog).hasSize(36);
    assertThat(new int[] {dog[0] & 0xff, dog[12] & 0xff, dog[24] & 0xff})
        .containsExactly(0xff, 0x80, 0x40);
    assertThat(new int[] {dog[11], dog[23], dog[35]}).containsExactly(0x10, 0x20, 0x30);
    assertThat(samples.get(0).image()[0]).isEqualTo((byte) 0x0a);
  }

  @Test
  void imagesAreScaledAndTurnedGrey() throws Exception {
    image("a/1.png", "png", 10, 20, 0x646464, 0x646464);
    image("b/1.jpg", "jpg", 16, 8, 0xc8c8c8, 0xc8c8c8);
    SampleTable table =
        imported(
            "--format",
            "images",
            "--input",
            photos(),
            "--resize",
            "5x7",
            "--colour",
            "grey",
            "--test",
            "0");
    assertThat(table.descriptor().shape()).containsExactly(1, 7, 5);
    List<Sample> samples = samples(table, "train");
    assertThat(samples.get(0).image()).hasSize(35).containsOnly(100);
    assertThat(samples.get(1).image()).hasSize(35);
    assertThat(samples.get(1).image()[17] & 0xff).isBetween(198, 202);
  }

  @Test
  void greyPixelsKeepTheirValues() throws Exception {
    BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    for (int value = 0; value < 256; value++) {
      grey.getRaster().setSample(value % 16, value / 16, 0, value);
    }
    for (String name : List.of("a/grey.png", "b/grey.png")) {
      Files.createDirectories(photos().resolve(name).getParent());
      ImageIO.write(grey, "png", photos().resolve(name).toFile());
    }
    SampleTable table =
        imported("--format", "images", "--input", photos(), "--colour", "grey", "--test", "0");
    byte[] pixels = samples(table, "train").get(0).image();
    for (int value = 0; value < 256; value++) {
      assertThat(pixels[value] & 0xff).isEqualTo(value);
    }
  }

  @Test
  void theTestFolderHasTheClassesOfTheTrainingFolder() throws Exception {
    cats();
    Path test = folder.resolve("later");
    Files.createDirectories(test.resolve("dog"));
    Files.copy(photos().resolve("dog/1.png"), test.resolve("dog/x.png"));
    SampleTable table = imported("--format", "images", "--input", photos(), "--test-input", test);
    assertThat(samples(table, "test").get(0).label()).isEqualTo(1);
    assertThat(samples(table, "test").get(0).id()).isEqualTo(3);

    Files.move(test.resolve("dog"), test.resolve("wolf"));
    assertRefused(
        3,
        test + "/wolf: unknown class 'wolf', expected one of [cat, dog]",
        "--format",
        "images",
        "--input",
        photos(),
        "--test-input",
        test,
        "--overwrite");
  }

  @Test
  void unlabelledImagesMayLieFlat() throws Exception {
    image("2.png", "png", 4, 3, 0, 1);
    image("1.png", "png", 4, 3, 0, 2);
    SampleTable table = imported("--format", "images", "--input", photos(), "--unlabelled");
    assertThat(samples(table, "test")).hasSize(2);
    assertThat(samples(table, "test").get(0).image()[24]).isEqualTo((byte) 2);
  }

  @Test
  void anUnreadableImageIsRefused() throws Exception {
    cats();
    Path broken = photos().resolve("cat/c.png");
    Files.writeString(broken, "not an image at all");
    assertRefused(
        3,
        broken + " is not a readable image: unknown format, expected PNG or JPEG",
        "--format",
        "images",
        "--input",
        photos());
  }

  @Test
  void truncatedImagesAreRefused() throws Exception {
    cats();
    for (String format : List.of("png", "jpg")) {
      BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
      java.util.Random random = new java.util.Random(3);
      for (int i = 0; i < 64 * 64; i++) {
        noise.setRGB(i % 64, i / 64, random.nextInt());
      }
      Path file = photos().resolve("cat/cut." + format);
      ImageIO.write(noise, format, file.toFile());
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
      var run = runImport("--format", "images", "--input", photos(), "--resize", "4x3");
      assertThat(run.err()).startsWith("holdfast: " + file + " is not a readable image: ");
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(Path.of(output())).doesNotExist();
      Files.delete(file);
    }
  }

  @Test
  void imagesOfDifferentSizeNeedResize() throws Exception {
    cats();
    Path large = image("dog/2.png", "png", 5, 3, 0, 0);
    assertRefused(
        3,
        large
            + ": 5 x 3 pixels (width x height), expected 4 x 3 as in "
            + photos()
            + "/cat/a.png, or --resize",
        "--format",
        "images",
        "--input",
        photos());
  }

  @Test
  void otherFilesAreRefused() throws Exception {
    cats();
    Path stray = Files.writeString(photos().resolve("dog/notes.txt"), "hello");
    assertRefused(
        3,
        stray + " is no image, expected a name that ends in .png, .jpg or .jpeg",
        "--format",
        "images",
        "--input",
        photos());
    Files.delete(stray);
    Path outside = Files.writeString(photos().resolve("notes.txt"), "hello");
    assertRefused(
        3,
        outside + " lies outside a class, expected sub-folders only (or --unlabelled)",
        "--format",
        "images",
        "--input",
        photos());
  }

  @Test
  void aClassWithoutImagesIsRefused() throws Exception {
    cats();
    Files.createDirectories(photos().resolve("bird"));
    assertRefused(
        3,
        photos()
            + ": class 0 (bird) has 0 training samples, expected at least 1 for each of the 3 classes "
            + "(or --allow-empty-classes)",
        "--format",
        "images",
        "--input",
        photos());
  }
}
