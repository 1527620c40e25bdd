/** Typed configuration keys that document themselves. */
package io.holdfast.config;
