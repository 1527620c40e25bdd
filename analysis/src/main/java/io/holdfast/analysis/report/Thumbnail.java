package io.holdfast.analysis.report;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Small PNG files from the bytes of a sample table. */
final class Thumbnail {
  private static final int LARGEST_SIDE = 64;

  private Thumbnail() {}

  /**
   * Encodes an image; a larger one becomes smaller by the mean over squares of pixels, or over what
   * a narrow one has of them.
   *
   * @param pixels channel by channel and row by row, [channels, height, width]
   * @param channels 1 for grey; of others the first three are red, green and blue
   * @return a PNG file in Base64
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the number of bytes does not
   *     fit
   */
  static String png(byte[] pixels, int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1 || pixels.length != channels * height * width) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "An image has "
              + pixels.length
              + " bytes, expected "
              + channels
              + " x "
              + height
              + " x "
              + width);
    }
    int step = (Math.max(height, width) + LARGEST_SIDE - 1) / LARGEST_SIDE;
    int down = Math.min(step, height);
    int across = Math.min(step, width);
    int rows = height / down;
    int columns = width / across;
    boolean grey = channels < 3;
    BufferedImage image =
        new BufferedImage(
            columns, rows, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        for (int channel = 0; channel < (grey ? 1 : 3); channel++) {
          image
              .getRaster()
              .setSample(
                  x,
                  y,
                  channel,
                  mean(
                      pixels,
                      (channel * height + y * down) * width + x * across,
                      width,
                      down,
                      across));
        }
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }

  private static int mean(byte[] pixels, int first, int width, int down, int across) {
    int sum = 0;
    for (int i = 0; i < down; i++) {
      for (int j = 0; j < across; j++) {
        sum += pixels[first + i * width + j] & 0xff;
      }
    }
    return sum / (down * across);
  }
}
