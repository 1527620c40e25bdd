package io.holdfast.data;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.apache.hadoop.conf.Configuration;

/**
 * A decoded image.
 *
 * @param channels 1 or 3
 * @param height rows
 * @param width columns
 * @param bytes channel by channel and row by row
 */
record PixelImage(int channels, int height, int width, byte[] bytes) {
  private static final int MOST_PIXELS = 1 << 26;

  /** One bit a pixel, which deflate shrinks to a thousandth. */
  private static final int MOST_PIXELS_A_BYTE = 8 * 1032;

  List<Integer> shape() {
    return List.of(channels, height, width);
  }

  static PixelImage read(String file, Colour colour, Configuration conf) {
    byte[] content;
    try (InputStream in = InputFiles.open(file, 0, conf)) {
      content = in.readAllBytes();
    } catch (IOException e) {
      throw InputFiles.failure(file, e);
    }
    try {
      BufferedImage decoded = decode(content);
      if (decoded == null) {
        throw BadInput.of("%s is not a readable image: unknown format, expected PNG or JPEG", file);
      }
      return of(decoded, colour);
    } catch (IOException
        | IllegalArgumentException
        | IndexOutOfBoundsException
        | NegativeArraySizeException e) {
      throw BadInput.of(
          e, "%s is not a readable image: %s, expected PNG or JPEG", file, e.getMessage());
    }
  }

  /**
   * Null for an unknown format. A decoder that fills in for missing data only warns: that is a
   * failure here.
   */
  private static BufferedImage decode(byte[] content) throws IOException {
    ImageIO.setUseCache(false);
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(content))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        return null;
      }
      ImageReader reader = readers.next();
      List<String> warnings = new ArrayList<>();
      try {
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        reader.setInput(in, true, true);
        requireSize(reader.getWidth(0), reader.getHeight(0), content.length);
        BufferedImage image = reader.read(0);
        for (String warning : warnings) {
          if (warning.contains("remature end") || warning.contains("orrupt")) {
            throw new IOException(warning);
          }
        }
        return image;
      } finally {
        reader.dispose();
      }
    }
  }

  /** A few bytes may not ask for gigabytes: no PNG or JPEG file packs its pixels more densely. */
  private static void requireSize(int width, int height, int bytes) throws IOException {
    long pixels = (long) width * height;
    if (pixels > MOST_PIXELS || pixels > (long) MOST_PIXELS_A_BYTE * bytes) {
      throw new IOException(width + " x " + height + " pixels in " + bytes + " bytes");
    }
  }

  private static PixelImage of(BufferedImage image, Colour colour) {
    int height = image.getHeight();
    int width = image.getWidth();
    int plane = Math.multiplyExact(height, width);
    byte[] bytes = new byte[Math.multiplyExact(plane, colour.channels())];
    boolean greySamples = isGreyOfBytes(image);
    Raster raster = image.getRaster();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        // Java takes grey for linear light and would brighten it on the way to RGB.
        int rgb = greySamples ? raster.getSample(x, y, 0) * 0x010101 : image.getRGB(x, y);
        int red = rgb >> 16 & 0xff;
        int green = rgb >> 8 & 0xff;
        int blue = rgb & 0xff;
        int pixel = y * width + x;
        switch (colour) {
          case RGB:
            bytes[pixel] = (byte) red;
            bytes[plane + pixel] = (byte) green;
            bytes[2 * plane + pixel] = (byte) blue;
            break;
          case GREY:
            bytes[pixel] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
            break;
        }
      }
    }
    return new PixelImage(colour.channels(), height, width, bytes);
  }

  private static boolean isGreyOfBytes(BufferedImage image) {
    return image.getColorModel() instanceof ComponentColorModel
        && image.getColorModel().getNumColorComponents() == 1
        && image.getRaster().getDataBuffer().getDataType() == DataBuffer.TYPE_BYTE;
  }

  /** Scaled with a triangle filter that widens when it shrinks, so that no pixel is skipped. */
  PixelImage resized(int newWidth, int newHeight) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    double[][] columns = weights(width, newWidth);
    double[][] rows = weights(height, newHeight);
    byte[] scaled = new byte[channels * newHeight * newWidth];
    double[] across = new double[height * newWidth];
    for (int channel = 0; channel < channels; channel++) {
      for (int y = 0; y < height; y++) {
        int row = (channel * height + y) * width;
        for (int x = 0; x < newWidth; x++) {
          double sum = 0;
          int first = (int) columns[x][0];
          for (int i = 1; i < columns[x].length; i++) {
            sum += columns[x][i] * (bytes[row + first + i - 1] & 0xff);
          }
          across[y * newWidth + x] = sum;
        }
      }
      for (int y = 0; y < newHeight; y++) {
        int first = (int) rows[y][0];
        for (int x = 0; x < newWidth; x++) {
          double sum = 0;
          for (int i = 1; i < rows[y].length; i++) {
            sum += rows[y][i] * across[(first + i - 1) * newWidth + x];
          }
          scaled[(channel * newHeight + y) * newWidth + x] =
              (byte) Math.min(255, Math.max(0, Math.round(sum)));
        }
      }
    }
    return new PixelImage(channels, newHeight, newWidth, scaled);
  }

  /** For every new place: the first old place that counts, then the weights from there on. */
  private static double[][] weights(int from, int to) {
    double scale = (double) from / to;
    double reach = Math.max(1, scale);
    double[][] weights = new double[to][];
    for (int place = 0; place < to; place++) {
      double centre = (place + 0.5) * scale;
      int first = (int) Math.max(0, Math.floor(centre - reach));
      int end = (int) Math.min(from, Math.ceil(centre + reach));
      double[] row = new double[1 + end - first];
      row[0] = first;
      double total = 0;
      for (int i = first; i < end; i++) {
        double weight = Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach);
        row[1 + i - first] = weight;
        total += weight;
      }
      for (int i = 1; i < row.length; i++) {
        row[i] /= total;
      }
      weights[place] = row;
    }
    return weights;
  }
}
