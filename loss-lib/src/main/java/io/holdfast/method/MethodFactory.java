package io.holdfast.method;

import io.holdfast.config.Config;

/** One entry of the registry: a method's description and how it is made. */
record MethodFactory(MethodDescriptor descriptor, Constructor constructor) {

  /** Makes a method from its parsed options. */
  interface Constructor {
    Method create(Config options, int classes);
  }
}
