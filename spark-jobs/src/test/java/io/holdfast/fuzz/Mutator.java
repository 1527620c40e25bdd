package io.holdfast.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** Changes files at random: bytes, numbers and words of a text, values of a JSON document. */
final class Mutator {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    1 << 20,
    1 << 24,
    1 << 28,
    Integer.MAX_VALUE - 8,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    (1L << 32) + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "2",
          "0.5",
          "-0.0",
          "1e308",
          "1e999",
          "-1e999",
          "1e-999",
          "NaN",
          "Infinity",
          "2147483647",
          "2147483648",
          "-2147483649",
          "4294967297",
          "268435456",
          "9223372036854775807",
          "9223372036854775808",
          "1000000",
          "1e9",
          "00",
          "0x10",
          "1_000",
          "\u0661",
          "9".repeat(400),
          "9".repeat(1200),
          "1e" + "9".repeat(30),
          "");
  private static final List<String> WORDS =
      List.of(
          "",
          "null",
          "true",
          "../../escaped",
          "/absolute",
          "a:b",
          "a'b",
          "a\"b",
          "a`b",
          "%s%n",
          "\\",
          "\\u12",
          "\u0000",
          "\u001b[31m",
          "\uFEFF",
          "\u202e",
          "e\u0301",
          "\r",
          "${x}",
          "x".repeat(3000),
          "[",
          "{",
          ",",
          "\t",
          "<script>");
  private static final List<byte[]> NOT_UTF8 =
      List.of(
          new byte[] {(byte) 0xff},
          new byte[] {(byte) 0xc3, 0x28},
          new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
          new byte[] {(byte) 0xf8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80},
          new byte[] {(byte) 0xe2, (byte) 0x82});

  private final SplittableRandom random;
  private final List<byte[]> corpus;

  Mutator(SplittableRandom random, List<byte[]> corpus) {
    this.random = random;
    this.corpus = corpus;
  }

  /** One file of the corpus, changed. */
  byte[] next(boolean json) {
    byte[] content = corpus.get(random.nextInt(corpus.size()));
    int changes = 1 + random.nextInt(3);
    if (json && random.nextInt(3) > 0) {
      content = changedJson(content, changes);
      changes = random.nextInt(4) == 0 ? 1 : 0;
    }
    for (int i = 0; i < changes; i++) {
      content =
          switch (random.nextInt(5)) {
            case 0, 1 -> changedText(content);
            default -> changedBytes(content);
          };
    }
    return random.nextInt(40) == 0 ? gzip(content) : content;
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.toByteArray();
  }

  /** Headers stand at the beginning or at the end: two thirds of all places are there. */
  private int place(int length) {
    int near = Math.min(length, 64 << random.nextInt(5));
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(near);
      case 1 -> length - 1 - random.nextInt(near);
      default -> random.nextInt(length);
    };
  }

  private byte[] changedBytes(byte[] content) {
    if (content.length == 0) {
      return randomBytes();
    }
    int at = place(content.length);
    int length = Math.min(content.length - at, 1 << random.nextInt(12));
    byte[] changed = content.clone();
    switch (random.nextInt(11)) {
      case 0, 1:
        changed[at] ^= (byte) (1 << random.nextInt(8));
        return changed;
      case 2:
        changed[at] = (byte) random.nextInt(256);
        return changed;
      case 3:
        return replaced(content, at, length, new byte[0]);
      case 4:
        return replaced(content, at, 0, randomBytes());
      case 5:
        return replaced(content, at, 0, Arrays.copyOfRange(content, at, at + length));
      case 6:
        return Arrays.copyOf(content, random.nextInt(8) == 0 ? 0 : at);
      case 7:
        Arrays.fill(changed, at, at + length, (byte) (random.nextBoolean() ? 0 : 0xff));
        return changed;
      case 8:
        byte[] other = corpus.get(random.nextInt(corpus.size()));
        return replaced(
            content,
            at,
            content.length - at,
            Arrays.copyOfRange(other, Math.min(at, other.length), other.length));
      case 9:
        byte[] wrong = NOT_UTF8.get(random.nextInt(NOT_UTF8.size()));
        return replaced(content, at, random.nextInt(2), wrong);
      default:
        return withInteger(changed, at);
    }
  }

  private byte[] withInteger(byte[] changed, int at) {
    long value = INTEGERS[random.nextInt(INTEGERS.length)] + random.nextInt(3) - 1;
    int width = 1 << random.nextInt(4);
    if (changed.length < width) {
      return changed;
    }
    // Integers of a header are aligned.
    int aligned = Math.min(at & -width, changed.length - width);
    ByteBuffer buffer =
        ByteBuffer.wrap(changed)
            .order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    switch (width) {
      case 1 -> buffer.put(aligned, (byte) value);
      case 2 -> buffer.putShort(aligned, (short) value);
      case 4 -> buffer.putInt(aligned, (int) value);
      default -> buffer.putLong(aligned, value);
    }
    return changed;
  }

  private byte[] randomBytes() {
    byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(10))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static byte[] replaced(byte[] content, int at, int length, byte[] by) {
    byte[] changed = new byte[content.length - length + by.length];
    System.arraycopy(content, 0, changed, 0, at);
    System.arraycopy(by, 0, changed, at, by.length);
    System.arraycopy(content, at + length, changed, at + by.length, content.length - at - length);
    return changed;
  }

  /** Latin-1 keeps every byte. */
  private byte[] changedText(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    String changed =
        switch (random.nextInt(7)) {
          case 0, 1 -> replacedOne(text, NUMBER, NUMBERS);
          case 2 -> replacedOne(text, WORD, WORDS);
          case 3 -> changedLines(text);
          case 4 -> insertedOften(text, ",");
          case 5 -> insertedOften(text, "[");
          default -> insertedOften(text, "\"");
        };
    return changed.equals(text) ? changedBytes(content) : bytes(changed);
  }

  private static byte[] bytes(String text) {
    boolean latin = text.chars().allMatch(symbol -> symbol < 256);
    return text.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
  }

  private String replacedOne(String text, Pattern pattern, List<String> by) {
    List<int[]> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find() && found.size() < 2000) {
      found.add(new int[] {matcher.start(), matcher.end()});
    }
    if (found.isEmpty()) {
      return text;
    }
    int[] one = found.get(random.nextInt(found.size()));
    return text.substring(0, one[0]) + by.get(random.nextInt(by.size())) + text.substring(one[1]);
  }

  private String changedLines(String text) {
    List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
    int one = random.nextInt(lines.size());
    int other = random.nextInt(lines.size());
    switch (random.nextInt(4)) {
      case 0 -> lines.remove(one);
      case 1 -> lines.add(other, lines.get(one));
      case 2 -> lines.set(one, lines.set(other, lines.get(one)));
      default -> lines.set(one, "");
    }
    return String.join(random.nextInt(4) == 0 ? "\r\n" : "\n", lines);
  }

  private String insertedOften(String text, String inserted) {
    int times = random.nextInt(50) == 0 ? 300_000 : 1 << random.nextInt(14);
    int at = text.isEmpty() ? 0 : place(text.length());
    return text.substring(0, at) + inserted.repeat(times) + text.substring(at);
  }

  private byte[] changedJson(byte[] content, int changes) {
    try {
      JsonNode tree = JSON.readTree(content);
      for (int i = 0; i < changes; i++) {
        changeOne(tree);
      }
      String text = JSON.writeValueAsString(tree);
      if (random.nextInt(8) == 0) {
        text = withKeyTwice(text);
      }
      return text.getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      return changedBytes(content);
    }
  }

  private String withKeyTwice(String text) {
    Matcher keys = Pattern.compile("\"[A-Za-z0-9_]+\":").matcher(text);
    List<Integer> places = new ArrayList<>();
    while (keys.find()) {
      places.add(keys.start());
    }
    if (places.isEmpty()) {
      return text;
    }
    int at = places.get(random.nextInt(places.size()));
    String key = text.substring(at, text.indexOf(':', at) + 1);
    return text.substring(0, at) + key + value() + "," + text.substring(at);
  }

  private void changeOne(JsonNode tree) {
    List<JsonNode> containers = new ArrayList<>();
    collect(tree, containers);
    if (containers.isEmpty()) {
      return;
    }
    JsonNode chosen = containers.get(random.nextInt(containers.size()));
    if (chosen instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(6)) {
        case 0 -> object.remove(name);
        case 1 -> object.set("x" + name, object.get(name).deepCopy());
        case 2 -> object.set(name, object.get(names.get(random.nextInt(names.size()))).deepCopy());
        default -> object.set(name, value());
      }
    } else if (chosen instanceof ArrayNode array) {
      int at = random.nextInt(array.size());
      switch (random.nextInt(5)) {
        case 0 -> array.remove(at);
        case 1 -> array.insert(at, array.get(at).deepCopy());
        case 2 -> array.insert(at, value());
        default -> array.set(at, value());
      }
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode() && !node.isEmpty()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private JsonNode value() {
    JsonNodeFactory make = JsonNodeFactory.instance;
    return switch (random.nextInt(12)) {
      case 0, 1 -> make.nullNode();
      case 2 -> make.arrayNode();
      case 3 -> make.objectNode();
      case 4 -> make.booleanNode(random.nextBoolean());
      case 5, 6 -> make.numberNode(INTEGERS[random.nextInt(INTEGERS.length)]);
      case 7 -> make.numberNode(BigInteger.TWO.pow(1 + random.nextInt(2000)));
      case 8 -> make.numberNode(random.nextInt(2) == 0 ? -0.5 : 1e300);
      case 9 -> nested(1 + random.nextInt(3000));
      default -> make.textNode(WORDS.get(random.nextInt(WORDS.size())));
    };
  }

  private JsonNode nested(int depth) {
    // Text of a value that is nested deeper cannot be made by a recursive writer.
    JsonNode inner = JsonNodeFactory.instance.numberNode(1);
    for (int i = 0; i < Math.min(depth, 900); i++) {
      inner =
          random.nextBoolean()
              ? JsonNodeFactory.instance.arrayNode().add(inner)
              : JsonNodeFactory.instance.objectNode().set("a", inner);
    }
    return inner;
  }
}
