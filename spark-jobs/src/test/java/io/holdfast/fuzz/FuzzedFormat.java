package io.holdfast.fuzz;

import java.util.List;

/**
 * A format that Holdfast reads, for {@link Fuzzer}.
 *
 * @param name what it is called in reports and in the line that replays a case
 * @param json whether the files are JSON, so that values can be changed without breaking the syntax
 * @param corpus files as Holdfast's own writers made them
 * @param named what the message of a failure has to contain one of: the file, or the key
 * @param reader reads a file; fails with one of our exceptions, or not at all
 */
public record FuzzedFormat(
    String name, boolean json, List<byte[]> corpus, List<String> named, Reader reader) {

  /** Reads one mutated file. */
  public interface Reader {
    /**
     * Reads.
     *
     * @param content of the file
     * @param number of the case, for a name of its own where one is needed
     */
    void read(byte[] content, int number) throws Exception;
  }
}
