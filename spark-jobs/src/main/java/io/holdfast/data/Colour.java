package io.holdfast.data;

/** Channels that an image folder is imported with. */
public enum Colour {
  /** Three channels: red, green, blue. */
  RGB(3),
  /** One channel: the luma of ITU-R BT.601. */
  GREY(1);

  private final int channels;

  Colour(int channels) {
    this.channels = channels;
  }

  int channels() {
    return channels;
  }
}
